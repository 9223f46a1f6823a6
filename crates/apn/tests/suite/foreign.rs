//! RADIUS clients that others wrote, against a server on these crates: FreeRADIUS' radclient, and pyrad.
//!
//! Each says whether it took our answer for a right one. Where a client is not installed the test says so and passes:
//! `apt-get install freeradius-utils`; `pip install pyrad` for the `python3` on the path.

use crate::server::{Heard, REALM, SECRET, Server};
use apn::Found;
use base::{Monotonic, Now, WallMs};
use std::io::Write;
use std::net::{IpAddr, UdpSocket};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

/// Later than every event that the clients tell of.
const NOW: Now = Now {
    wall: WallMs(1_800_000_000_000),
    monotonic: Monotonic(0),
};

/// Runs a client against a server that hears `count` datagrams; gives what was heard, the server and what it printed.
fn serve(count: usize, client: impl FnOnce(u16) -> Output) -> (Vec<Heard>, Server, Output) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let port = socket.local_addr().unwrap().port();
    let serving = thread::spawn(move || {
        let mut server = Server::new();
        let mut heard = Vec::new();
        let mut datagram = [0; 4_096];
        while heard.len() < count {
            let Ok((octets, source)) = socket.recv_from(&mut datagram) else {
                break;
            };
            let mut answer = Vec::new();
            heard.push(server.hear(source, &datagram[..octets], NOW, &mut answer));
            if !answer.is_empty() {
                socket.send_to(&answer, source).unwrap();
            }
        }
        (heard, server)
    });
    let output = client(port);
    let (heard, server) = serving.join().unwrap();
    (heard, server, output)
}

fn is_installed(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn msisdn(server: &Server, address: &str) -> Option<u64> {
    match server.feed.view().find(REALM, address.parse::<IpAddr>().unwrap()) {
        Found::Held(session) => session.facts.msisdn.map(base::Msisdn::digits),
        _ => None,
    }
}

fn text(output: &Output) -> String {
    let whole = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&whole).into_owned()
}

fn radclient(port: u16, secret: &[u8], packets: &str) -> Output {
    let mut child = Command::new("radclient")
        .args(["-x", "-r", "1", "-t", "3", &format!("127.0.0.1:{port}"), "acct"])
        .arg(std::str::from_utf8(secret).unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(packets.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

const START: &str = "Acct-Status-Type=Start, Acct-Session-Id=\"A1\", NAS-Identifier=\"ggsn-1\", \
    Framed-IP-Address=10.1.2.3, Framed-IPv6-Prefix=2001:db8:1:2::/64, Calling-Station-Id=\"+447700900001\", \
    3GPP-IMSI=\"999700000000001\", 3GPP-SGSN-MCC-MNC=\"99970\", 3GPP-RAT-Type=6, Event-Timestamp=1700000000, \
    Proxy-State=0x7031\n";

#[test]
fn radclient_takes_our_answers() {
    if !is_installed("radclient", &["-v"]) {
        println!("skipped: radclient is not installed (Debian: freeradius-utils)");
        return;
    }
    let (heard, server, output) = serve(1, |port| radclient(port, SECRET, START));
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("Received Accounting-Response"),
        "{}",
        text(&output)
    );
    assert!(
        matches!(heard[0], Heard::Applied(taken) if taken.bound == 2),
        "{heard:?}"
    );
    assert_eq!(msisdn(&server, "10.1.2.3"), Some(447_700_900_001));
    assert_eq!(msisdn(&server, "2001:db8:1:2:3::4"), Some(447_700_900_001));
    let Found::Held(session) = server.feed.view().find(REALM, "10.1.2.3".parse().unwrap()) else {
        panic!("nobody")
    };
    assert_eq!(
        session.facts.sgsn.map(|plmn| plmn.to_string()).as_deref(),
        Some("99970")
    );
    assert_eq!(session.facts.rat, Some(6));
    let keyed = START.replace("Proxy-State", "Message-Authenticator=0x00, Proxy-State");
    let (heard, _, output) = serve(1, |port| radclient(port, SECRET, &keyed));
    assert!(output.status.success(), "{}", text(&output));
    assert!(matches!(heard[0], Heard::Applied(_)), "{heard:?}");
    // A session that ends, and an access server that comes up.
    let packets = format!(
        "{START}\nAcct-Status-Type=Stop, Acct-Session-Id=\"A1\", NAS-Identifier=\"ggsn-1\", \
         Event-Timestamp=1700000060\n"
    );
    let (_, server, output) = serve(2, |port| radclient(port, SECRET, &packets));
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(msisdn(&server, "10.1.2.3"), None);
    let packets = format!(
        "{START}\nAcct-Status-Type=Accounting-On, NAS-Identifier=\"ggsn-1\", Event-Timestamp=1700000060\n"
    );
    let (_, server, output) = serve(2, |port| radclient(port, SECRET, &packets));
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(msisdn(&server, "10.1.2.3"), None);
}

#[test]
fn radclient_with_another_secret_gets_no_answer() {
    if !is_installed("radclient", &["-v"]) {
        println!("skipped: radclient is not installed (Debian: freeradius-utils)");
        return;
    }
    let (heard, server, output) = serve(1, |port| radclient(port, b"another-secret", START));
    assert!(!output.status.success(), "{}", text(&output));
    assert_eq!(heard, [Heard::Dropped]);
    assert_eq!(msisdn(&server, "10.1.2.3"), None);
}

/// Sends a request, the same octets again, and checks each answer.
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
ATTRIBUTE Message-Authenticator 80 octets
VENDOR 3GPP 10415
BEGIN-VENDOR 3GPP
ATTRIBUTE 3GPP-IMSI 1 string
END-VENDOR 3GPP
""")
names.close()
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(10)
request = packet.AcctPacket(id=9, secret=sys.argv[2].encode(), dict=dictionary.Dictionary(names.name))
for name, value in [("Acct-Status-Type", 1), ("Acct-Session-Id", "B1"), ("NAS-IP-Address", "192.0.2.7"),
                    ("Framed-IP-Address", "10.9.9.9"), ("Calling-Station-Id", "15550100001"),
                    ("3GPP-IMSI", "999700000000002"), ("Proxy-State", b"one"), ("Proxy-State", b"two")]:
    request.AddAttribute(name, value)
request.add_message_authenticator()
octets = request.RequestPacket()
answers = []
for _ in range(2):
    client.sendto(octets, ("127.0.0.1", int(sys.argv[1])))
    answers.append(client.recv(4096))
assert answers[0] == answers[1], "two answers to one request"
reply = request.CreateReply(packet=answers[0])
assert request.VerifyReply(reply, answers[0]), "a wrong authenticator"
assert reply.code == packet.AccountingResponse
assert reply["Proxy-State"] == [b"one", b"two"], reply["Proxy-State"]
print("taken")
"#;

#[test]
fn pyrad_takes_our_answers_and_a_repeated_request_gets_the_same() {
    if !is_installed("python3", &["-c", "import pyrad"]) {
        println!("skipped: pyrad is not installed for python3 (pip install pyrad)");
        return;
    }
    let (heard, server, output) = serve(2, |port| {
        Command::new("python3")
            .args([
                "-c",
                PYRAD,
                &port.to_string(),
                std::str::from_utf8(SECRET).unwrap(),
            ])
            .output()
            .unwrap()
    });
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("taken"));
    assert!(
        matches!(heard[0], Heard::Applied(_)) && heard[1] == Heard::Repeated,
        "{heard:?}"
    );
    assert_eq!(msisdn(&server, "10.9.9.9"), Some(15_550_100_001));
}
