//! Entries of access points and feeds: what a file may say, and what is refused.

use crate::parse;

const SOUND: &str = r#"
[[apn]]
name = "mms.example"
sources = ["10.0.0.0/8"]
mode = "both"
realm = 7
gateways = ["10.20.0.0/24"]
number_headers = ["X-MSISDN", "Cookie parameter=msisdn form=hex"]

[[radius]]
name = "north"
listen = "127.0.0.1:0"
clients = ["10.30.0.0/28"]
secret = "between-you-and-me"
realm = 7
"#;

#[test]
fn a_sound_file_is_read() {
    let settings = parse(SOUND).unwrap();
    assert_eq!(settings.apns.len(), 1);
    assert_eq!(settings.apns[0].realm, 7);
    assert_eq!(settings.apns[0].claims, "refuse");
    assert_eq!(settings.radius[0].ended_by, "stop");
}

#[test]
fn each_thing_that_does_not_hold_has_a_sentence() {
    for (from, to, sentence) in [
        ("sources = [\"10.0.0.0/8\"]", "", "apn.sources is missing"),
        ("gateways = [\"10.20.0.0/24\"]", "", "needs gateways"),
        (
            "number_headers = [\"X-MSISDN\", \"Cookie parameter=msisdn form=hex\"]",
            "",
            "needs number_headers",
        ),
        (
            "mode = \"both\"",
            "mode = \"gateway_address\"",
            "needs address_headers",
        ),
        (
            "secret = \"between-you-and-me\"\nrealm = 7",
            "secret = \"between-you-and-me\"",
            "no [[radius]]",
        ),
        ("clients = [\"10.30.0.0/28\"]", "", "radius.clients is missing"),
        ("[\"10.30.0.0/28\"]", "[\"0.0.0.0/0\"]", "must not be everybody"),
        (
            "realm = 7\ngate",
            "listeners = [\"192.0.2.9:80\"]\nrealm = 7\ngate",
            "not in listen.mm1",
        ),
        (
            "secret = \"between-you-and-me\"",
            "secret = \"short\"",
            "radius.secret",
        ),
        ("secret = \"between-you-and-me\"", "", "radius.secret is missing"),
        ("\"X-MSISDN\"", "\"X-MSISDN form=rot13\"", "apn.number_headers"),
    ] {
        let text = SOUND.replacen(from, to, 1);
        assert_ne!(text, SOUND, "{from}");
        let faults = parse(&text).unwrap_err();
        assert!(
            faults.iter().any(|fault| fault.text.contains(sentence)),
            "{sentence}: {faults:?}"
        );
    }
}

#[test]
fn a_secret_is_never_repeated() {
    let faults = parse(&SOUND.replace("between-you-and-me", "a b")).unwrap_err();
    assert!(faults.iter().all(|fault| !fault.text.contains("a b")));
}
