//! What these tests share: a site with access points and a feed, requests from addresses, and whose they were taken
//! for.

use crate::support::{PATIENCE, message, octets, send_conf, send_req};
use base::Msisdn;
use mms::Version;
use radius::Status;
use ringpost::phone::{Config, Phone};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use tests::process::accounting::{Event, Nas, SECRET};
use tests::process::letter::subscriber;
use tests::process::server::Place;
use tests::process::wire::Wire;
use tests::process::{Program, Server, Site};

/// Any moment before now, as the access server tells it.
pub(crate) const BEGIN_S: u32 = 1_700_000_000;

/// Each request goes to a recipient of its own: +155501 and seven digits.
static RECIPIENTS: AtomicU64 = AtomicU64::new(1_555_019_000_000);

/// A feed for realm 7 from this machine.
pub(crate) fn feed(listen: &str) -> String {
    format!(
        "[[radius]]\nname = \"core\"\nlisten = \"{listen}\"\nclients = [\"127.0.0.0/8\", \"::1\"]\n\
         secret = \"{SECRET}\"\nrealm = 7\n"
    )
}

/// An access point for everybody on this machine, with more keys.
pub(crate) fn apn(name: &str, more: &str) -> String {
    format!("[[apn]]\nname = \"{name}\"\nsources = [\"127.0.0.0/8\", \"::1\"]\nrealm = 7\n{more}")
}

/// A site with these tables.
pub(crate) fn site(tables: &str) -> Site {
    let mut site = Site::new(Program::Shipped, 2).unwrap();
    site.set_tables(tables);
    site
}

/// An access server for a running one.
pub(crate) fn nas(at: Place) -> Nas {
    Nas::to(at.radius.unwrap()).unwrap()
}

/// A session's event.
pub(crate) fn event<'a>(status: Status, session: &'a str, address: &str, who: u16, at_s: u32) -> Event<'a> {
    Event {
        status,
        session,
        address: address.parse().unwrap(),
        number: subscriber(who),
        at_s,
    }
}

/// The head and body of a submission with these lines in its head, to somebody new.
pub(crate) fn submission(target: &str, lines: &str) -> (Msisdn, Vec<u8>) {
    let digits = RECIPIENTS.fetch_add(1, Ordering::Relaxed).to_string();
    let recipient = Msisdn::from_digits(digits.as_bytes()).unwrap();
    let mut letter = message(&[], &octets("who", 100));
    letter.to = vec![recipient.to_string()];
    let pdu = send_req(&letter, &format!("t{recipient}"), Version::V1_2);
    let head = format!(
        "POST {target} HTTP/1.1\r\n{lines}Content-Type: application/vnd.wap.mms-message\r\n\
         Content-Length: {}\r\n\r\n",
        pdu.len()
    );
    (recipient, [head.as_bytes(), &pdu].concat())
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was taken for this number's.
    For(String),
    /// It was refused with this X-Mms-Response-Status.
    Refused(u8),
    /// It was refused with this HTTP status.
    Http(u16),
    /// The connection was closed without an answer.
    Closed,
}

/// Taken for this subscriber's.
pub(crate) fn of(who: u16) -> Taken {
    Taken::For(subscriber(who).to_string())
}

/// Posts a submission on a connection; whose it was taken for.
pub(crate) fn post_on(wire: &mut Wire, at: Place, target: &str, lines: &str) -> Taken {
    let (recipient, request) = submission(target, lines);
    if wire.send(&request).is_err() {
        return Taken::Closed;
    }
    let Ok(Some(answer)) = wire.answer() else {
        return Taken::Closed;
    };
    if answer.status != 200 {
        return Taken::Http(answer.status);
    }
    let conf = send_conf(&answer.body);
    if conf.message_id.is_none() {
        let text = conf
            .response_text
            .map(|text| String::from_utf8_lossy(text.text).into_owned());
        println!("refused: {text:?}");
        return Taken::Refused(conf.response_status.octet());
    }
    Taken::For(sender(at, recipient))
}

/// The From of the notification to a recipient.
pub(crate) fn sender(at: Place, recipient: Msisdn) -> String {
    let mmsc = format!("http://{}/", at.mm1).parse().unwrap();
    let mut phone = Phone::new(Config::lab(recipient, mmsc, at.admin_url().unwrap()));
    let notification = phone.notification(PATIENCE).unwrap().expect("a notification");
    notification.from.expect("a From").replace("/TYPE=PLMN", "")
}

/// Posts a submission from an address.
pub(crate) fn post(server: &Server, source: &str, lines: &str) -> Taken {
    post_to(
        server.at,
        server.at.mm1,
        source,
        "/",
        &format!("Host: m\r\n{lines}"),
    )
}

/// Posts a submission from an address to one of the listeners.
pub(crate) fn post_to(at: Place, listener: SocketAddr, source: &str, target: &str, lines: &str) -> Taken {
    let source: IpAddr = source.parse().unwrap();
    let mut wire = Wire::open_from(source, listener).unwrap();
    post_on(&mut wire, at, target, lines)
}

/// The value of a sample of the metrics, by its name with labels.
pub(crate) fn sample(server: &Server, name: &str) -> u64 {
    let text = crate::support::metrics(server.at);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}
