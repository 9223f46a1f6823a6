//! swaks, and Postfix with a configuration and a queue of its own, bring messages.

use super::peer::site;
use super::{fetched, number};
use crate::support::{foreign, octets, phone};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tests::process::{Site, turnstile};

/// A mail as octets: of one photograph, by hand.
fn mail(id: &str, to: &str, content: &[u8]) -> String {
    let mut text = format!(
        "X-Mms-3GPP-MMS-Version: 6.3.0\nX-Mms-Message-Type: MM4_forward.REQ\nX-Mms-Transaction-ID: t-{id}\n\
         X-Mms-Message-ID: {id}\nSender: system-user@mms.alpha.example\n\
         From: +15550100/TYPE=PLMN@mms.alpha.example\nTo: {to}/TYPE=PLMN@mms.ours.example\nSubject: {id}\n\
         Message-ID: <{id}@mms.alpha.example>\nDate: Sun, 22 Nov 2026 16:00:00 +0000\nMIME-Version: 1.0\n\
         Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: image/jpeg\n\
         Content-Transfer-Encoding: quoted-printable\n\n"
    );
    for octet in content {
        // Soft line ends keep each line short.
        let _ = writeln!(text, "={octet:02X}=");
    }
    text.push_str("\n--b--\n");
    text
}

#[test]
fn swaks_brings_a_message() {
    let _turn = turnstile::enter();
    let site = site(1, "sources = [\"127.0.0.1\"]");
    let server = site.start().unwrap();
    let content = octets("swaks", 3_000);
    let file = site.folder().join("mail");
    std::fs::write(&file, mail("w-1", &number(28), &content)).unwrap();
    let mut command = Command::new("swaks");
    command.args([
        "--server",
        "127.0.0.1",
        "--port",
        &server.at.mm4.port().to_string(),
    ]);
    command.args([
        "--ehlo",
        "mms1.alpha.example",
        "--from",
        // Swaks would take a plus sign for an option's; quotes that need not be mean nothing.
        "\"+15550100/TYPE=PLMN\"@mms.alpha.example",
        "--to",
        &format!("\"{}/TYPE=PLMN\"@mms.ours.example", number(28)),
    ]);
    command.arg("--data").arg(format!("@{}", file.display()));
    let Some(output) = foreign(&mut command) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("250 2.6.0"), "{said}");
    assert_eq!(
        fetched(&mut phone(28, &server)),
        ("w-1".to_owned(), vec![content])
    );
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

/// What of Postfix runs: enough to take a mail from `sendmail` and relay it. No listener, no folder of its own as root.
const SERVICES: &str = "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
    rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n\
    trace unix - - n - 0 bounce\ntlsmgr unix - - n 1000? 1 tlsmgr\nsmtp unix - - n - - smtp\n\
    error unix - - n - - error\nretry unix - - n - - error\nproxymap unix - - n - - proxymap\n\
    showq unix n - n - - showq\nflush unix n - n 1000? 0 flush\nscache unix - - n - 1 scache\n\
    anvil unix - - n - 1 anvil\npostlog unix-dgram n - n - 1 postlogd\n";

/// Postfix of the tests' own; ended when it goes.
pub(super) struct Postfix {
    config: PathBuf,
}

impl Postfix {
    /// It relays everything to that port. Nothing where there is no Postfix, or no right to run it.
    fn start(site: &Site, port: u16) -> Option<Postfix> {
        Postfix::configured(site, &format!("relayhost = [127.0.0.1]:{port}\n"), "")
    }

    /// It listens at a port and relays each domain to a port of its own; with more settings. Nothing as above.
    pub(super) fn between(site: &Site, port: u16, domains: &[(&str, u16)], more: &str) -> Option<Postfix> {
        let mut transports = String::new();
        for (domain, port) in domains {
            let _ = write!(transports, "{{ {domain} = smtp:[127.0.0.1]:{port} }}, ");
        }
        let main = format!(
            "transport_maps = inline:{{ {transports}}}\nmynetworks = 127.0.0.0/8\n\
             smtpd_relay_restrictions = permit_mynetworks, reject\n{more}"
        );
        let listener = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
        Postfix::configured(site, &main, &listener)
    }

    fn configured(site: &Site, main: &str, services: &str) -> Option<Postfix> {
        let is_there = Path::new("/usr/sbin/postfix").exists();
        if !is_there || !rustix::process::geteuid().is_root() {
            println!("skipped: there is no Postfix, or it can't be run");
            return None;
        }
        let config = site.folder().join("postfix");
        let (queue, data) = (site.folder().join("queue"), site.folder().join("postfix-data"));
        for folder in [&config, &queue, &data] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let owned = Command::new("chown").arg("postfix").arg(&data).status().unwrap();
        assert!(owned.success());
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {}\ndata_directory = {}\nmyhostname = mms1.alpha.example\n\
             mydestination =\ninet_interfaces = loopback-only\ninet_protocols = ipv4\n\
             smtp_tls_security_level = none\nmaillog_file = {}\nmaillog_file_prefixes = {}\n\
             smtp_host_lookup = native\nsyslog_name = ringpost-test\nrecipient_delimiter =\n{main}",
            queue.display(),
            data.display(),
            site.folder().join("postfix.log").display(),
            site.folder().display()
        );
        std::fs::write(config.join("main.cf"), main).unwrap();
        std::fs::write(config.join("master.cf"), format!("{SERVICES}{services}")).unwrap();
        let postfix = Postfix { config };
        let started = postfix.command("start");
        let log = std::fs::read(site.folder().join("postfix.log")).unwrap_or_default();
        assert!(
            started.status.success(),
            "{}{}",
            String::from_utf8_lossy(&started.stderr),
            String::from_utf8_lossy(&log)
        );
        Some(postfix)
    }

    fn command(&self, word: &str) -> std::process::Output {
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(&self.config).arg(word).output().unwrap()
    }

    /// Gives it a mail.
    fn submit(&self, from: &str, to: &str, mail: &str) {
        let mut child = Command::new("/usr/sbin/sendmail")
            .arg("-C")
            .arg(&self.config)
            .args(["-f", from, to])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = self.command("stop");
    }
}

#[test]
fn postfix_relays_messages() {
    let _turn = turnstile::enter();
    let site = site(1, "sources = [\"127.0.0.1\"]");
    let server = site.start().unwrap();
    let Some(postfix) = Postfix::start(&site, server.at.mm4.port()) else {
        return;
    };
    let mut bob = phone(29, &server);
    for id in ["p-1", "p-2"] {
        let content = octets(id, 5_000);
        let to = format!("{}/TYPE=PLMN@mms.ours.example", number(29));
        postfix.submit(
            "+15550100/TYPE=PLMN@mms.alpha.example",
            &to,
            &mail(id, &number(29), &content),
        );
        assert_eq!(fetched(&mut bob), (id.to_owned(), vec![content]));
    }
    drop(postfix);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
