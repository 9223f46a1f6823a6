//! Which access point takes a request, and that nobody's is nobody's.

use super::*;

const FILE: &str = r#"
[listen]
mm1 = ["127.0.0.1:8190", "127.0.0.1:8191", "[::1]:8190"]

[[apn]]
name = "wide"
sources = ["10.0.0.0/8", "2001:db8::/32"]

[[apn]]
name = "narrow"
sources = ["10.1.0.0/16"]
realm = 2

[[apn]]
name = "host"
sources = ["10.0.0.0/8"]
hosts = ["mmsc.example"]

[[apn]]
name = "path"
sources = ["10.0.0.0/8"]
paths = ["/mms/"]
listeners = ["127.0.0.1:8191"]

[[radius]]
name = "north"
listen = "127.0.0.1:1813"
clients = ["10.30.0.0/28"]
secret = "between-you-and-me"

[[radius]]
name = "south"
listen = "127.0.0.1:1813"
clients = ["10.31.0.0/28"]
secret = "between-you-and-me"
realm = 2
"#;

fn selected(apns: &Apns, listener: &str, peer: &str, host: &str, path: &str) -> Option<String> {
    let place = Place {
        listener: listener.parse().unwrap(),
        peer: peer.parse().unwrap(),
        host: host.as_bytes(),
        path: path.as_bytes(),
    };
    apns.select(&place).map(|apn| apn.name.clone())
}

#[test]
fn the_most_specific_one_takes_it() {
    let apns = Apns::compile(&profile::parse(FILE).unwrap());
    for (listener, peer, host, path, expected) in [
        ("127.0.0.1:8190", "10.9.0.1", "", "/", Some("wide")),
        ("127.0.0.1:8190", "::ffff:10.9.0.1", "a", "", Some("wide")),
        ("[::1]:8190", "2001:db8::1", "", "/", Some("wide")),
        ("127.0.0.1:8190", "10.1.0.1", "", "/", Some("narrow")),
        (
            "127.0.0.1:8190",
            "10.1.0.1",
            "MMSC.example:8080",
            "/",
            Some("host"),
        ),
        (
            "127.0.0.1:8190",
            "10.9.0.1",
            "mmsc.example.evil",
            "/",
            Some("wide"),
        ),
        ("127.0.0.1:8190", "10.9.0.1", "", "/mms/x", Some("wide")),
        ("127.0.0.1:8191", "10.9.0.1", "", "/mms/x", Some("path")),
        ("127.0.0.1:8191", "10.9.0.1", "", "/mms", Some("wide")),
        ("127.0.0.1:8190", "192.0.2.1", "mmsc.example", "/mms/", None),
        ("127.0.0.1:8190", "127.0.0.1", "", "/", None),
        ("127.0.0.1:8190", "2001:db9::1", "", "/", None),
    ] {
        let found = selected(&apns, listener, peer, host, path);
        assert_eq!(found.as_deref(), expected, "{listener} {peer} {host} {path}");
    }
}

#[test]
fn hosts_without_their_ports() {
    for (host, expected) in [
        ("a", "a"),
        ("a:80", "a"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("[::1]", "::1"),
        ("[", ""),
        ("", ""),
        (":", ""),
    ] {
        assert_eq!(without_port(host.as_bytes()), expected.as_bytes(), "{host}");
    }
}

#[test]
fn without_access_points_the_listed_gateways_count() {
    let apns = Apns::compile(&Settings::default());
    let apn = apns.of(0).unwrap();
    assert_eq!(apn.mode, Mode::GatewayNumber);
    assert!(apn.trusts("127.0.0.1".parse().unwrap()) && !apn.trusts("10.0.0.1".parse().unwrap()));
    assert_eq!(
        selected(&apns, "127.0.0.1:8190", "2001:db8::1", "", "/").as_deref(),
        Some("default")
    );
}
