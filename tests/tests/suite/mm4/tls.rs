//! STARTTLS: with OpenSSL as a client, and with a peer that is proved by its certificate alone.

use super::number;
use super::peer::{Mail, Sender, site};
use crate::support::{foreign, octets};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tests::process::turnstile;

/// An authority, and certificates from it.
pub(super) struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Nothing where there is no openssl.
    pub(super) fn new(folder: &Path) -> Option<Authority> {
        let folder = folder.to_owned();
        let authority = Authority { folder };
        let subject = ["-subj", "/CN=authority"];
        authority.openssl(&["req", "-x509", "-nodes", "-days", "2"], "ca", &subject)?;
        Some(authority)
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    fn openssl(&self, words: &[&str], name: &str, more: &[&str]) -> Option<()> {
        let (key, file) = (
            self.path(&format!("{name}.key")),
            self.path(&format!("{name}.pem")),
        );
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let mut command = Command::new("openssl");
        command
            .args(words)
            .args(curve)
            .args(["-keyout", &key, "-out", &file])
            .args(more);
        let output = foreign(&mut command)?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(())
    }

    /// A certificate for a host, signed here.
    pub(super) fn issue(&self, name: &str, host: &str) -> Option<()> {
        let names = format!("subjectAltName=DNS:{host}");
        let (ca, key) = (self.path("ca.pem"), self.path("ca.key"));
        let subject = format!("/CN={host}");
        let signed = ["-CA", &ca, "-CAkey", &key, "-subj", &subject, "-addext", &names];
        let words = [
            "req",
            "-x509",
            "-nodes",
            "-days",
            "2",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        self.openssl(&words, name, &signed)
    }
}

#[test]
fn a_peer_is_proved_by_its_certificate_and_openssl_agrees_on_tls() {
    let _turn = turnstile::enter();
    let mut site = site(2, "certificate_names = [\"*.alpha.example\"]\ntls = \"required\"");
    let Some(authority) = Authority::new(site.folder()) else {
        return;
    };
    let issued = [
        authority.issue("ours", "mms.ours.example"),
        authority.issue("peer", "mms1.alpha.example"),
        authority.issue("other", "mms1.beta.example"),
    ];
    if issued.contains(&None) {
        return;
    }
    let quoted = |name: &str| format!("{:?}", authority.path(name));
    site.set("mm4.tls_certificate", &quoted("ours.pem"));
    site.set("mm4.tls_key", &quoted("ours.key"));
    site.set("mm4.tls_authorities", &quoted("ca.pem"));
    let server = site.start().unwrap();
    let openssl = Command::new("openssl")
        .args(["s_client", "-starttls", "smtp", "-verify_return_error", "-brief"])
        .args([
            "-CAfile",
            &authority.path("ca.pem"),
            "-verify_hostname",
            "mms.ours.example",
        ])
        .args(["-connect", &server.at.mm4.to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&openssl.stderr).into_owned();
    assert!(
        openssl.status.success() && told.contains("Verification: OK"),
        "{told}"
    );
    let shown = |name: &str| {
        let (certificate, key) = (format!("{name}.pem"), format!("{name}.key"));
        json!({ "authorities": authority.path("ca.pem"), "certificate": authority.path(&certificate),
            "key": authority.path(&key) })
    };
    let without = json!({ "authorities": authority.path("ca.pem") });
    let mail = Mail::new(&site, "s-1", &[&number(27)], &octets("s-1", 30_000));
    for (more, code) in [
        (json!({}), 550),
        (without, 550),
        (shown("other"), 550),
        (shown("peer"), 250),
    ] {
        let Some(mut sender) = Sender::start(&server, more.clone()) else {
            return;
        };
        let (found, answer) = sender.send(&mail);
        assert_eq!(found, code, "{more}: {answer}");
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
