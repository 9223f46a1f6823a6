//! The lab's defaults behind other addresses.

use super::refusals;
use crate::parse;

/// Settings that listen at `mm1` and `admin`, with `more` behind.
fn sentences(mm1: &str, admin: &str, more: &str) -> Vec<String> {
    let text = format!(
        "[listen]\nmm1 = [{mm1:?}]\nadmin = [{admin:?}]\n[mm1]\nretrieval_base = \"http://mms.example/\"\n{more}"
    );
    refusals(&parse(&text).unwrap())
}

#[test]
fn on_loopback_nothing_is_refused() {
    for address in ["127.0.0.1:0", "127.9.9.9:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
        assert_eq!(sentences(address, address, ""), Vec::<String>::new(), "{address}");
    }
}

#[test]
fn off_loopback_each_default_has_its_sentence() {
    let about =
        |sentences: &[String], what: &str| sentences.iter().any(|sentence| sentence.starts_with(what));
    for address in [
        "0.0.0.0:0",
        "[::]:0",
        "192.0.2.1:0",
        "[2001:db8::1]:0",
        "[::ffff:192.0.2.1]:0",
    ] {
        let found = sentences(address, "127.0.0.1:0", "");
        assert!(about(&found, "identity.gateways is the default"), "{found:?}");
        assert!(about(&found, "push = \"outbox\""), "{found:?}");
        assert!(about(&found, "numbering.local_ranges is empty"), "{found:?}");
        assert!(
            !about(&found, "admin.token"),
            "the admin listener is on loopback: {found:?}"
        );
        assert_eq!(found.len(), 3);

        let found = sentences("127.0.0.1:0", address, "");
        assert!(about(&found, "admin.token is empty"), "{found:?}");
        assert_eq!(found.len(), 4);
    }
}

#[test]
fn what_is_mended_is_not_refused_again() {
    let mended = "[numbering]\nlocal_ranges = [\"+4477009\"]\n[identity]\ngateways = [\"10.0.0.0/8\"]\n\
                  [admin]\ntoken = \"0123456789abcdef\"\n";
    let found = sentences("0.0.0.0:0", "0.0.0.0:0", mended);
    assert_eq!(found.len(), 1, "only the outbox is left: {found:?}");
    let found = sentences("0.0.0.0:0", "127.0.0.1:0", "[identity]\nheaders = []\n");
    assert!(
        !found.iter().any(|sentence| sentence.starts_with("identity")),
        "no header, no trust: {found:?}"
    );
    let found = sentences(
        "0.0.0.0:0",
        "127.0.0.1:0",
        "[identity]\ngateways = [\"0.0.0.0/0\"]\n",
    );
    assert!(
        found
            .iter()
            .any(|sentence| sentence.starts_with("identity.gateways trusts every")),
        "{found:?}"
    );
}

#[test]
fn access_points_stand_in_for_the_lab_header() {
    let radius = "[[radius]]\nname = \"core\"\nlisten = \"192.0.2.1:1813\"\nclients = [\"192.0.2.2\"]\n\
                  secret = \"0123456789abcdef\"\n";
    let apn = |gateways: &str| {
        format!("{radius}[[apn]]\nname = \"mms\"\nsources = [\"10.0.0.0/8\"]\ngateways = [{gateways}]\n")
    };
    let about = |more: &str, word: &str| {
        let found = sentences("192.0.2.1:80", "127.0.0.1:1", more);
        found.iter().any(|sentence| sentence.contains(word))
    };
    assert!(about("", "identity.gateways"));
    assert!(!about(&apn(""), "identity.gateways"));
    assert!(!about(&apn("\"192.0.2.0/24\""), "apn mms: gateways trusts"));
    assert!(about(
        &apn("\"0.0.0.0/0\""),
        "apn mms: gateways trusts every address"
    ));
}
