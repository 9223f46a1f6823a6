//! What the tests of this suite share: a site with a server, letters by hand, asking the admin listener.

use mms::{Pdu, SendConf, Version};
use ringpost::phone::http::{Call, Client};
use ringpost::phone::{Config, File, Notification, Phone, Submission, Url, compose};
use std::process::{Command, Output};
use std::time::Duration;
use tests::process::letter::subscriber;
use tests::process::server::Place;
use tests::process::turnstile::now;
use tests::process::{Program, Server, Site, actor};

/// The longest that anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A site and a server there.
pub(crate) fn serve(shards: u16) -> (Site, Server) {
    let site = Site::new(Program::Shipped, shards).unwrap();
    let server = site.start().unwrap();
    (site, server)
}

/// A phone behind the server as its proxy.
pub(crate) fn phone(index: u16, server: &Server) -> Phone {
    actor::phone(subscriber(index), server.at).unwrap()
}

/// A phone that asks the server itself.
pub(crate) fn direct_phone(index: u16, server: &Server) -> Phone {
    let mmsc: Url = format!("http://{}/", server.at.mm1).parse().unwrap();
    Phone::new(Config {
        patience: PATIENCE,
        ..Config::lab(subscriber(index), mmsc, server.at.admin_url().unwrap())
    })
}

/// A message with these octets to these subscribers.
pub(crate) fn message(to: &[u16], octets: &[u8]) -> Submission {
    Submission {
        to: to.iter().map(|&index| subscriber(index).to_string()).collect(),
        subject: Some("x".to_owned()),
        files: vec![File {
            name: "x.jpg".to_owned(),
            content_type: "image/jpeg".to_owned(),
            octets: octets.to_vec(),
        }],
        delivery_report: true,
        ..Submission::default()
    }
}

/// Octets that stand nowhere else.
pub(crate) fn octets(mark: &str, length: usize) -> Vec<u8> {
    mark.bytes().cycle().take(length).collect()
}

/// An M-Send.req as octets.
pub(crate) fn send_req(submission: &Submission, transaction_id: &str, version: Version) -> Vec<u8> {
    compose::send_req(submission, transaction_id.as_bytes(), version).unwrap()
}

/// The M-Send.conf in an answer's body.
pub(crate) fn send_conf(body: &[u8]) -> SendConf<'_> {
    match Pdu::read(body).unwrap() {
        Pdu::SendConf(conf) => conf,
        other => panic!("{} is no M-Send.conf", other.pdu_type().name()),
    }
}

/// The next notification; fails where none comes.
pub(crate) fn notified(phone: &mut Phone) -> Notification {
    let notification = phone.notification(PATIENCE).unwrap();
    notification.expect("a notification")
}

/// The sum of a metric over the shards.
pub(crate) fn metric(server: &Server, name: &str) -> u64 {
    metric_at(server.at, name)
}

/// The sum of a metric over the shards of the server there; fails where there is none of that name.
pub(crate) fn metric_at(place: Place, name: &str) -> u64 {
    let text = metrics(place);
    let samples = text.lines().filter(|line| line.split('{').next() == Some(name));
    let samples = samples.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    samples
        .reduce(|one, other| one + other)
        .unwrap_or_else(|| panic!("no metric {name}"))
}

/// Asks until a metric has come to a value. For what is counted behind that by which a test knows of it: a push is seen
/// in the outbox, and a mail by its receiver, while the server that sent it goes on counting.
pub(crate) fn metric_comes_to(server: &Server, name: &str, value: u64) {
    let deadline = now() + PATIENCE;
    loop {
        let found = metric(server, name);
        if found == value {
            return;
        }
        assert!(now() < deadline, "{name} is {found}, not {value}");
    }
}

/// The metrics of the server there.
pub(crate) fn metrics(place: Place) -> String {
    asked(place, "metrics").1
}

/// Status and body of what the admin listener answers to a GET.
pub(crate) fn asked(place: Place, path: &str) -> (u16, String) {
    let url = place.admin_url().unwrap().join(path);
    let call = Call {
        url: &url,
        fields: &[],
        body: None,
        patience: PATIENCE,
    };
    let answer = Client::new(None).call(&call).unwrap();
    (answer.status, String::from_utf8(answer.body).unwrap())
}

/// Runs a foreign program; nothing where it is not there.
pub(crate) fn foreign(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(_) => {
            println!("skipped: {command:?} can't be run");
            None
        }
    }
}
