//! Accounting by clients that others wrote, and what the operator sees of it.

use crate::identity::world::{BEGIN_S, Taken, apn, event, feed, nas, of, post, sample, site};
use crate::support::foreign;
use radius::Status;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use tests::process::Program;
use tests::process::accounting::SECRET;
use tests::process::turnstile;
use tests::process::wire::Wire;

/// Without a rule that names a phone it is refused: 0xE1, service denied.
const DENIED: Taken = Taken::Refused(0xE1);

/// Tries three times, and waits three seconds each time.
const PATIENTLY: [&str; 4] = ["-r", "3", "-t", "3"];

/// Tries twice, and waits a second each time: for what is not answered.
const BRIEFLY: [&str; 4] = ["-r", "2", "-t", "1"];

fn radclient(to: SocketAddr, secret: &str, how: [&str; 4], packets: &str) -> Option<Output> {
    let mut command = Command::new("radclient");
    let to = match to {
        SocketAddr::V4(_) => to.to_string(),
        SocketAddr::V6(v6) => format!("[{}]:{}", v6.ip(), v6.port()),
    };
    command.arg("-x").args(how).args([&to, "acct", secret]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("skipped: radclient is not installed (Debian: freeradius-utils)");
        return None;
    };
    child.stdin.take().unwrap().write_all(packets.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

fn packet(status: &str, at_s: u32, more: &str) -> String {
    format!(
        "Acct-Status-Type={status}, Acct-Session-Id=\"A1\", NAS-Identifier=\"ggsn-1\", Event-Timestamp={at_s}, \
         Calling-Station-Id=\"+447700900061\", 3GPP-IMSI=\"999700000000001\", 3GPP-SGSN-MCC-MNC=\"99970\", \
         3GPP-RAT-Type=6{more}\n"
    )
}

/// Asks for a letter that is not there: who is known is told so, who is not is denied with HTTP's 403.
fn retrieve_status(listener: SocketAddr, source: &str) -> Option<u8> {
    let mut wire = Wire::open_from(source.parse().unwrap(), listener).unwrap();
    wire.send(b"GET /AAAAAAAAAAAAAAAB HTTP/1.1\r\nHost: m\r\n\r\n")
        .unwrap();
    let answer = wire.answer().unwrap().unwrap();
    if answer.status == 403 {
        return None;
    }
    match mms::Pdu::read(&answer.body).unwrap() {
        mms::Pdu::RetrieveConf(conf) => Some(conf.retrieve_status.unwrap().octet()),
        other => panic!("{}", other.pdu_type().name()),
    }
}

#[test]
fn radclient_feeds_the_server_and_a_phone_is_known_by_its_address() {
    let _turn = turnstile::enter();
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", "")));
    let server = site.start().unwrap();
    let to = server.at.radius.unwrap();
    let more = ", Framed-IP-Address=127.0.1.61, Framed-IPv6-Prefix=2001:db8:1:2::/64";
    assert_eq!(post(&server, "127.0.1.61", ""), DENIED);
    let Some(output) = radclient(to, SECRET, PATIENTLY, &packet("Start", BEGIN_S, more)) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("Received Accounting-Response"),
        "{output:?}"
    );
    assert_eq!(post(&server, "127.0.1.61", ""), of(61));
    assert_eq!(retrieve_status(server.at.mm1, "127.0.1.61"), Some(0xE2));
    assert_eq!(retrieve_status(server.at.mm1, "127.0.1.62"), None);
    // Another phone's address, and a number that a phone gives itself.
    assert_eq!(post(&server, "127.0.1.62", ""), DENIED);
    assert_eq!(post(&server, "127.0.1.61", "X-MSISDN: +447700900062\r\n"), DENIED);
    // A stranger to the secret changes nothing and hears nothing.
    let output = radclient(
        to,
        "another-secret",
        BRIEFLY,
        &packet("Stop", BEGIN_S + 5, ", Framed-IP-Address=127.0.1.61"),
    );
    assert!(!output.unwrap().status.success());
    assert_eq!(post(&server, "127.0.1.61", ""), of(61));
    let output = radclient(to, SECRET, PATIENTLY, &packet("Stop", BEGIN_S + 10, ""));
    assert!(output.unwrap().status.success());
    assert_eq!(post(&server, "127.0.1.61", ""), DENIED);
    assert!(sample(&server, "ringpost_accounting_forged_total{feed=\"core\"}") >= 1);
    assert_eq!(
        sample(&server, "ringpost_accounting_starts_total{feed=\"core\"}"),
        1
    );
    assert_eq!(
        sample(&server, "ringpost_accounting_stops_total{feed=\"core\"}"),
        1
    );
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn accounting_and_phones_over_ipv6() {
    let _turn = turnstile::enter();
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("skipped: this machine has no IPv6 on loopback");
        return;
    }
    let mut site = site(&(feed("[::1]:0") + &apn("mms", "")));
    site.set("listen.mm1", "[\"127.0.0.1:0\", \"[::1]:0\"]");
    let server = site.start().unwrap();
    let listener = server.addresses("mm1")[1];
    let v6_post = || crate::identity::world::post_to(server.at, listener, "::1", "/", "Host: m\r\n");
    assert_eq!(v6_post(), DENIED);
    // The phone's address is within its prefix.
    let Some(output) = radclient(
        server.at.radius.unwrap(),
        SECRET,
        PATIENTLY,
        &packet("Start", BEGIN_S, ", Framed-IPv6-Prefix=::/64"),
    ) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(v6_post(), of(61));
    // A single address is more than the prefix that it lies in.
    nas(server.at)
        .tell(&event(Status::Start, "B1", "::1", 62, BEGIN_S + 10))
        .unwrap();
    assert_eq!(v6_post(), of(62));
    let output = radclient(
        server.at.radius.unwrap(),
        SECRET,
        PATIENTLY,
        &packet("Stop", BEGIN_S + 20, ""),
    );
    assert!(output.unwrap().status.success());
    assert_eq!(v6_post(), of(62));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

/// Starts a session, says so again, and ends it when told to; each answer is checked.
const PYRAD: &str = r#"
import socket, sys, tempfile
from pyrad import dictionary, packet
names = tempfile.NamedTemporaryFile("w", suffix=".dictionary", delete=False)
names.write("""
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE Proxy-State 33 octets
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Event-Timestamp 55 integer
ATTRIBUTE Message-Authenticator 80 octets
VENDOR 3GPP 10415
BEGIN-VENDOR 3GPP
ATTRIBUTE 3GPP-IMSI 1 string
END-VENDOR 3GPP
""")
names.close()
port, secret, status, at = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3]), int(sys.argv[4])
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(10)
request = packet.AcctPacket(id=9, secret=secret, dict=dictionary.Dictionary(names.name))
for name, value in [("Acct-Status-Type", status), ("Acct-Session-Id", "P1"), ("NAS-IP-Address", "192.0.2.7"),
                    ("Framed-IP-Address", "127.0.1.63"), ("Calling-Station-Id", "447700900063"),
                    ("3GPP-IMSI", "999700000000002"), ("Event-Timestamp", at), ("Proxy-State", b"one")]:
    request.AddAttribute(name, value)
request.add_message_authenticator()
octets = request.RequestPacket()
answers = []
for _ in range(2):
    client.sendto(octets, ("127.0.0.1", port))
    answers.append(client.recv(4096))
assert answers[0] == answers[1], "two answers to one request"
reply = request.CreateReply(packet=answers[0])
assert request.VerifyReply(reply, answers[0]), "a wrong authenticator"
print("taken")
"#;

#[test]
fn pyrad_feeds_the_server_and_repeats_get_the_same_answer() {
    let _turn = turnstile::enter();
    let mut check = Command::new("python3");
    if !check
        .args(["-c", "import pyrad"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
    {
        println!("skipped: pyrad is not installed for python3 (pip install pyrad)");
        return;
    }
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", "")));
    let server = site.start().unwrap();
    let pyrad = |status: u8, at_s: u32| {
        let mut command = Command::new("python3");
        command.args(["-c", PYRAD, &server.at.radius.unwrap().port().to_string(), SECRET]);
        command.args([status.to_string(), at_s.to_string()]);
        let output = foreign(&mut command).unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    pyrad(1, BEGIN_S);
    assert_eq!(post(&server, "127.0.1.63", ""), of(63));
    pyrad(2, BEGIN_S + 10);
    assert_eq!(post(&server, "127.0.1.63", ""), DENIED);
    assert_eq!(
        sample(&server, "ringpost_accounting_repeated_total{feed=\"core\"}"),
        2
    );
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn the_operator_asks_who_holds_an_address() {
    let _turn = turnstile::enter();
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", "")));
    let server = site.start().unwrap();
    nas(server.at)
        .tell(&event(Status::Start, "A1", "127.0.1.61", 61, BEGIN_S))
        .unwrap();
    let who = |words: &[&str]| {
        let mut command = Command::new(Program::Shipped.path().unwrap());
        command.args([
            "identity",
            "who",
            "--admin",
            &format!("http://{}", server.at.admin),
        ]);
        command.args(words).output().unwrap()
    };
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let masked = who(&["127.0.1.61"]);
    assert_eq!(masked.status.code(), Some(0));
    assert!(
        text(&masked).contains("realm 7 (mms): held msisdn=+…61"),
        "{}",
        text(&masked)
    );
    assert!(!text(&masked).contains("447700900061"));
    let whole = who(&["127.0.1.61", "--unmask", "--json"]);
    assert!(
        text(&whole).contains("\"msisdn\":\"+447700900061\""),
        "{}",
        text(&whole)
    );
    let nobody = who(&["127.0.1.62"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(text(&nobody).contains("nobody"));
    assert_eq!(who(&["somewhere"]).status.code(), Some(2));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
