//! Whom a link speaks to within TLS: proved where the peer's profile requires it, else whoever answers.
//!
//! Between the settings and a handshake. Encryption that is merely offered protects from listeners, not from who
//! stands in between (RFC 7435); a profile that requires TLS means the peer itself: a certificate of an authority in
//! `mm4.tls_authorities`, for one of the profile's names, or the machine that it names; of one found by MX, the peer's
//! domain. Invariant: what is required is never less than proved.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::Arc;

/// What links start TLS with.
#[derive(Clone)]
pub struct ToPeers {
    /// Everything but whom to believe: our own certificate, if we have one, is shown to who asks for it.
    pub base: Arc<ClientConfig>,
    /// Proves peers; nothing where no authorities are named.
    pub verifier: Option<Arc<WebPkiServerVerifier>>,
    /// The algorithms.
    pub provider: Arc<CryptoProvider>,
}

impl ToPeers {
    /// For a peer that need not be who it is.
    pub(super) fn anybody(&self) -> Arc<ClientConfig> {
        self.with(Judge {
            names: None,
            provider: Arc::clone(&self.provider),
        })
    }

    /// For a peer that must prove to be one of these; nothing where nobody could prove that.
    pub(super) fn one_of(&self, names: Vec<ServerName<'static>>) -> Option<Arc<ClientConfig>> {
        let verifier = Arc::clone(self.verifier.as_ref()?);
        Some(self.with(Judge {
            names: Some((names, verifier)),
            provider: Arc::clone(&self.provider),
        }))
    }

    fn with(&self, judge: Judge) -> Arc<ClientConfig> {
        let mut config = ClientConfig::clone(&self.base);
        config.dangerous().set_certificate_verifier(Arc::new(judge));
        Arc::new(config)
    }
}

/// Judges a certificate.
#[derive(Debug)]
struct Judge {
    /// Whom it may be of, and who can tell; nothing: anybody.
    names: Option<(Vec<ServerName<'static>>, Arc<WebPkiServerVerifier>)>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialled: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some((names, verifier)) = &self.names else {
            return Ok(ServerCertVerified::assertion());
        };
        let mut verdict = Err(Error::InvalidCertificate(CertificateError::NotValidForName));
        for name in names {
            verdict = verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now);
            if verdict.is_ok() {
                break;
            }
        }
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
