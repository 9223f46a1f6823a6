//! How the listeners for other operators speak, and who serves which number: settings and files as the engine takes
//! them.
//!
//! Between the settings and the engine, at start and at each reload. Invariants: what is wrong with a file is told with
//! its setting's name, and nothing changes then; a mail is never taken larger than the journal's groups can hold.

use super::StartError;
use crate::names::{Lookups, PATIENCE};
use crate::routing;
use base::Clock as _;
use engine::{KernelClock, Mm4, Paces, ToPeers};
use profile::value::dns_server;
use profile::{Profile, Settings};
use route::{Publisher, Routes};
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use smtp::server::{Chunking, Config, TlsOffer};
use smtp::{Limits, Timer, Timers};
use std::sync::Arc;

/// Octets of a group beside the mail that its one record was made of: two headers of the longest, and the frame.
const BESIDE_OCTETS: u32 = 2 * base::limits::RECORD_HEADER_OCTETS_MAX + (8 << 10);

/// Octets that a connection receives at once: a common message in one or two calls.
const RECEIVE_OCTETS: u32 = 64 << 10;

/// Milliseconds of a second.
const SECOND_MS: u64 = 1_000;

/// What outlives the terms of a reload.
#[derive(Clone, Debug)]
pub(super) struct Lasting {
    names: Lookups,
    paces: Arc<Paces>,
}

/// Starts what lasts, and what listeners offer then.
///
/// # Errors
/// Where the kernel gives no thread, or as [`terms`].
pub(super) fn begin(settings: &Settings) -> Result<(Lasting, Arc<Mm4>), StartError> {
    let servers = settings.mm4.dns_servers.iter();
    let servers: Vec<_> = servers.filter_map(|server| dns_server(server)).collect();
    let clock = KernelClock::new();
    let lasting = Lasting {
        names: Lookups::start(&servers, PATIENCE, Arc::new(move || clock.now().monotonic.0))?,
        paces: Arc::default(),
    };
    let terms = terms(settings, &lasting).map_err(StartError::Settings)?;
    Ok((lasting, terms))
}

/// What listeners of MM4 offer by these settings.
///
/// # Errors
/// A sentence about a file of `mm4.tls_…`.
pub(super) fn terms(settings: &Settings, lasting: &Lasting) -> Result<Arc<Mm4>, String> {
    let mm4 = &settings.mm4;
    let name = match mm4.domain.as_str() {
        "" => &settings.mm1.domain,
        domain => domain,
    };
    let tls = tls(settings)?;
    let message_octets_max = mm4
        .mail_octets_max
        .min(settings.journal.group_octets.saturating_sub(BESIDE_OCTETS));
    let limits = Limits {
        receive_octets: RECEIVE_OCTETS,
        message_octets_max: u64::from(message_octets_max),
        drain_octets_max: Limits::DEFAULT
            .drain_octets_max
            .max(u64::from(message_octets_max)),
        recipients_max: u32::from(mm4.recipients_max),
        ..Limits::DEFAULT
    };
    let seconds = |seconds: u32| u64::from(seconds) * SECOND_MS;
    let timers = Timers::default()
        .with(Timer::ServerIdle, seconds(mm4.idle_s))
        .with(Timer::ServerCommand, seconds(mm4.command_s))
        .with(Timer::ServerDataBlock, seconds(mm4.block_s))
        .with(Timer::ServerMessage, seconds(mm4.mail_s))
        .with(Timer::Send, seconds(mm4.block_s));
    let smtp = Config {
        tls: match (&tls, mm4.tls.as_str()) {
            (None, _) => TlsOffer::Absent,
            (Some(_), "required") => TlsOffer::Demanded,
            (Some(_), _) => TlsOffer::Offered,
        },
        chunking: match mm4.chunking {
            true => Chunking::Offered,
            false => Chunking::Absent,
        },
        limits,
        timers,
        ..Config::new(name)
    };
    Ok(Arc::new(Mm4 {
        smtp: Arc::new(smtp),
        tls,
        to_peers: to_peers(settings)?,
        names: Arc::new(lasting.names.clone()),
        paces: Arc::clone(&lasting.paces),
        connections_max: mm4.connections_max,
        connections_per_source_max: mm4.connections_per_source_max,
        answer_ms_max: engine::MAIL_ANSWER_MS_MAX,
    }))
}

/// The routes of a start, to be published to every shard.
///
/// # Errors
/// As [`compiled`].
pub(super) fn routes(settings: &Settings, profile: &Profile) -> Result<Publisher<Routes>, String> {
    Ok(Publisher::new(Arc::new(compiled(settings, profile, 1)?)))
}

/// Routes by these settings.
///
/// # Errors
/// The faults of the files that they name, a line each.
pub(super) fn compiled(settings: &Settings, profile: &Profile, version: u64) -> Result<Routes, String> {
    routing::routes(settings, profile, version).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

/// What STARTTLS is answered with; nothing where it is not offered.
fn tls(settings: &Settings) -> Result<Option<Arc<ServerConfig>>, String> {
    let mm4 = &settings.mm4;
    if mm4.tls_certificate.is_empty() || mm4.tls == "never" {
        return Ok(None);
    }
    let chain = certificates("mm4.tls_certificate", &mm4.tls_certificate)?;
    let key = private_key(&mm4.tls_key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |error: rustls::Error| told("mm4.tls_certificate", &mm4.tls_certificate, &error);
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?;
    let builder = if mm4.tls_authorities.is_empty() {
        builder.with_no_client_auth()
    } else {
        let name = "mm4.tls_authorities";
        let authorities = authorities(&mm4.tls_authorities)?;
        // Whether a peer must show a certificate is its profile's to say.
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider)
            .allow_unauthenticated()
            .build()
            .map_err(|error| told(name, &mm4.tls_authorities, &error))?;
        builder.with_client_cert_verifier(verifier)
    };
    let config = builder.with_single_cert(chain, key).map_err(wrong)?;
    Ok(Some(Arc::new(config)))
}

/// What our own STARTTLS is made with: our certificate, where we have one, for peers that ask for it.
fn to_peers(settings: &Settings) -> Result<ToPeers, String> {
    let mm4 = &settings.mm4;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = "mm4.tls_certificate";
    let wrong = |error: rustls::Error| told(certificate, &mm4.tls_certificate, &error);
    let mut believed = RootCertStore::empty();
    if !mm4.tls_authorities.is_empty() {
        believed = authorities(&mm4.tls_authorities)?;
    }
    let verifier = match believed.is_empty() {
        true => None,
        false => Some(
            WebPkiServerVerifier::builder_with_provider(Arc::new(believed.clone()), Arc::clone(&provider))
                .build()
                .map_err(|error| told("mm4.tls_authorities", &mm4.tls_authorities, &error))?,
        ),
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_root_certificates(believed);
    let base = match mm4.tls_certificate.is_empty() {
        true => builder.with_no_client_auth(),
        false => {
            let chain = certificates(certificate, &mm4.tls_certificate)?;
            builder
                .with_client_auth_cert(chain, private_key(&mm4.tls_key)?)
                .map_err(wrong)?
        }
    };
    Ok(ToPeers {
        base: Arc::new(base),
        verifier,
        provider,
    })
}

fn authorities(file: &str) -> Result<RootCertStore, String> {
    let name = "mm4.tls_authorities";
    let mut authorities = RootCertStore::empty();
    for certificate in certificates(name, file)? {
        let added = authorities.add(certificate);
        added.map_err(|error| told(name, file, &error))?;
    }
    Ok(authorities)
}

fn private_key(file: &str) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| told("mm4.tls_key", file, &error))
}

fn certificates(name: &str, file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let found: Vec<_> = read.map_err(|error| told(name, file, &error))?;
    match found.is_empty() {
        true => Err(told(name, file, &"there is no certificate in it")),
        false => Ok(found),
    }
}

fn told(name: &str, file: &str, error: &dyn std::fmt::Display) -> String {
    format!("{name}: {file}: {error}")
}
