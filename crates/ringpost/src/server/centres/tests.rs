//! The settings' table and the protocol's agree, and passwords come from files.

use super::{plan, session};
use profile::table::Entry;
use profile::{Settings, SmscEntry, kind::Kind};
use push::smpp::{Bind, limits};

fn settings(text: &str) -> Settings {
    profile::parse(text).expect("good settings")
}

/// What an entry says by default is what the crate does by default, and the ranges of timers are the crate's.
#[test]
fn defaults_and_ranges_are_those_of_the_protocol() {
    let entry = SmscEntry::default();
    assert_eq!(
        session(&entry, Bind::Transceiver, ""),
        push::smpp::Settings::default()
    );
    let mut compared = 0;
    for row in limits::TABLE {
        let key = row.name.strip_prefix("smpp.").unwrap_or(row.name);
        let Some(setting) = SmscEntry::ROWS.iter().find(|setting| setting.key() == key) else {
            continue;
        };
        let Kind::Integer { min, max } = setting.kind else {
            panic!("{key} is a number");
        };
        assert_eq!((min, max), (u64::from(row.min), u64::from(row.max)), "{key}");
        assert_eq!(setting.default().to_string(), row.default.to_string(), "{key}");
        compared += 1;
    }
    assert!(compared >= 17, "{compared}");
}

#[test]
fn the_bearer_that_is_set_gets_links() {
    assert!(plan(&settings("")).expect("a plan").is_none());
    let smpp = "push = \"smpp\"\n[[smsc]]\nname = \"a\"\nhost = \"127.0.0.1\"\nlinks = 2\n\
        bind = \"transmitter_and_receiver\"\n[[pap]]\nname = \"p\"\nhost = \"127.0.0.1\"\n";
    let plan = plan(&settings(smpp)).expect("a plan").expect("links");
    let binds: Vec<Bind> = plan.smscs[0].links.iter().map(|link| link.bind).collect();
    assert_eq!(binds, [Bind::Transmitter, Bind::Transmitter, Bind::Receiver]);
    assert!(plan.paps.is_empty());
    assert_eq!(plan.board.rows().len(), 3);
}

#[test]
fn a_password_is_the_first_line_of_its_file() {
    let folder = std::env::temp_dir().join(format!("ringpost-password-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("password");
    let text = format!(
        "push = \"smpp\"\n[[smsc]]\nname = \"a\"\nhost = \"127.0.0.1\"\npassword_file = {:?}\n",
        file.display().to_string()
    );
    let told = |settings: &Settings| plan(settings).map(|_| ()).expect_err("refused").to_string();
    assert!(told(&settings(&text)).contains("password"), "no such file");
    std::fs::write(&file, "ninechars\n").expect("a file");
    assert!(
        told(&settings(&text)).contains("password does not fit"),
        "too long"
    );
    assert!(!told(&settings(&text)).contains("ninechars"));
    std::fs::write(&file, "secret\nsecond line\n").expect("a file");
    let smpp = plan(&settings(&text)).expect("a plan").expect("links");
    assert_eq!(smpp.smscs[0].links[0].credentials.password, "secret");
    // A gateway is told in HTTP's way (RFC 7617 §2, its own example of the form).
    let text = text
        .replace("\"smpp\"", "\"pap\"")
        .replace("[[smsc]]", "[[pap]]\nuser = \"Aladdin\"");
    std::fs::write(&file, "open sesame\n").expect("a file");
    let pap = plan(&settings(&text)).expect("a plan").expect("links");
    let told = pap.paps[0].authorization.as_ref().expect("who we are");
    assert_eq!(told.0, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert!(!format!("{pap:?}").contains("QWxhZGRpbjp"));
    std::fs::remove_dir_all(&folder).expect("gone");
}
