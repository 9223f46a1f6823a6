//! TLS towards peers: two servers of this program prove themselves to each other, and Postfix takes and gives mails
//! within TLS alone.
//!
//! Certificates are OpenSSL's. Who can't prove to be the peer gets nothing, and what waits for it leaves when it can.

use super::operators::{Operator, album, exchange, free_port, operators};
use super::relaying::Postfix;
use super::tls::Authority;
use crate::support::{PATIENCE, metric, metric_comes_to, phone};
use ringpost::phone::Submission;
use rustix::process::Signal;
use std::path::Path;
use tests::process::{Server, turnstile};

/// The operator shows this certificate and believes the authority.
fn shows(operator: &mut Operator, authority: &Authority, name: &str) {
    let quoted = |name: &str| format!("{:?}", authority.path(name));
    let site = &mut operator.site;
    site.set("mm4.tls_certificate", &quoted(&format!("{name}.pem")));
    site.set("mm4.tls_key", &quoted(&format!("{name}.key")));
    site.set("mm4.tls_authorities", &quoted("ca.pem"));
}

/// An authority with certificates for these hosts, each under its own name.
fn authority(folder: &Path, hosts: &[(&str, &str)]) -> Option<Authority> {
    let authority = Authority::new(folder)?;
    for (name, host) in hosts {
        authority.issue(name, host)?;
    }
    Some(authority)
}

fn waits_for_a_loss(server: &Server) {
    let began = tests::process::turnstile::now();
    while metric(server, "ringpost_relays_lost_total") == 0 {
        assert!(began.elapsed() < PATIENCE, "nothing was tried");
        std::thread::yield_now();
    }
}

#[test]
fn two_operators_prove_themselves_to_each_other() {
    let _turn = turnstile::enter();
    let proof = |other: &str| format!("tls = \"required\"\ncertificate_names = [\"mms.{other}.example\"]");
    let (mut alpha, mut beta) = operators(2, None, [&proof("beta"), &proof("alpha")]);
    let hosts = [
        ("alpha", "mms.alpha.example"),
        ("beta", "mms.beta.example"),
        ("other", "mms.other.example"),
    ];
    let folder = alpha.site.folder().to_owned();
    let Some(authority) = authority(&folder, &hosts) else {
        return;
    };
    shows(&mut alpha, &authority, "alpha");
    // At first beta is not who it says it is.
    shows(&mut beta, &authority, "other");
    let (at_alpha, at_beta) = (alpha.site.start().unwrap(), beta.site.start().unwrap());
    let early = Submission {
        to: vec!["+15550102".to_owned()],
        ..album("early")
    };
    phone(33, &at_alpha).send(&early).unwrap();
    waits_for_a_loss(&at_alpha);
    assert_eq!(metric(&at_beta, "ringpost_arrivals_accepted_total"), 0);
    shows(&mut beta, &authority, "beta");
    beta.site.write_settings().unwrap();
    at_beta.signal(Signal::HUP).unwrap();
    exchange(&at_alpha, &at_beta, "sealed");
    // The early one waits for its next try, and may come behind the other.
    metric_comes_to(&at_beta, "ringpost_arrivals_accepted_total", 2);
    assert_eq!(at_alpha.terminate().unwrap().code(), Some(0));
    assert_eq!(at_beta.terminate().unwrap().code(), Some(0));
}

#[test]
fn postfix_takes_and_gives_mails_within_tls() {
    let _turn = turnstile::enter();
    let port = free_port();
    let by = format!("localhost:{port}");
    let keys = "tls = \"required\"";
    let (mut alpha, mut beta) = operators(1, Some(&by), [keys, keys]);
    let folder = alpha.site.folder().to_owned();
    let hosts = [
        ("alpha", "mms.alpha.example"),
        ("beta", "mms.beta.example"),
        ("postfix", "localhost"),
    ];
    let Some(authority) = authority(&folder, &hosts) else {
        return;
    };
    shows(&mut alpha, &authority, "alpha");
    shows(&mut beta, &authority, "beta");
    let domains = [("mms.alpha.example", alpha.port), ("mms.beta.example", beta.port)];
    let tls = format!(
        "smtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}\n\
         smtp_tls_security_level = encrypt\n",
        authority.path("postfix.pem"),
        authority.path("postfix.key")
    );
    let Some(postfix) = Postfix::between(&alpha.site, port, &domains, &tls) else {
        return;
    };
    let (at_alpha, at_beta) = (alpha.site.start().unwrap(), beta.site.start().unwrap());
    exchange(&at_alpha, &at_beta, "sealed by Postfix");
    drop(postfix);
    assert_eq!(at_alpha.terminate().unwrap().code(), Some(0));
    assert_eq!(at_beta.terminate().unwrap().code(), Some(0));
}
