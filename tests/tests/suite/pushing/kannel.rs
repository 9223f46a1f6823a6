//! Kannel, the gateway that operators have: its wapbox takes pushes over PAP, its bearerbox submits them to an SMSC.
//!
//! It listens on every address, so all of this happens in a network of its own.

use super::{Phones, captured, fetch, notification, status_of, taken};
use crate::support::{PATIENCE, message, octets, phone};
use mms::Status;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tests::process::centre::{Centre, Kind};
use tests::process::letter::subscriber;
use tests::process::{Failure, Program, Site, network, turnstile};

/// Its two programs, killed when they go.
struct Kannel {
    boxes: Vec<Child>,
    /// Where it takes pushes.
    port: u16,
}

/// Waits until somebody listens there.
fn listens(port: u16) -> bool {
    let deadline = turnstile::now() + PATIENCE;
    while turnstile::now() < deadline {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

impl Kannel {
    /// Starts it in front of an SMSC.
    fn start(folder: &Path, smsc_port: u16) -> Kannel {
        let [admin, smsbox, wapbox, port] = std::array::from_fn(|_| network::free_port().unwrap());
        let config = folder.join("kannel.conf");
        let text = format!(
            "group = core\nadmin-port = {admin}\nadmin-password = nobody\nsmsbox-port = {smsbox}\n\
             wapbox-port = {wapbox}\nwdp-interface-name = \"127.0.0.1\"\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\n\n\
             group = wapbox\nbearerbox-host = 127.0.0.1\n\n\
             group = ppg\nppg-port = {port}\nppg-url = /wappush\nconcurrent-pushes = 100\ntrusted-pi = false\n\
             ppg-allow-ip = \"127.0.0.1\"\nusers = 1024\nservice-name = ppg\nglobal-sender = 2626\n\n\
             group = smsc\nsmsc = smpp\nsmsc-id = here\nhost = 127.0.0.1\nport = {smsc_port}\n\
             transceiver-mode = true\nsmsc-username = ring\nsmsc-password = secret\nsystem-type = \"\"\n\n\
             group = wap-push-user\nwap-push-user = us\nppg-username = ring\nppg-password = secret\n"
        );
        std::fs::write(&config, text).unwrap();
        let start = |program: &str| {
            let log = std::fs::File::create(folder.join(format!("{program}.log"))).unwrap();
            Command::new(program)
                .arg(&config)
                .current_dir(folder)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap()
        };
        let mut boxes = vec![start("bearerbox")];
        // The wapbox gives up where there is no bearerbox.
        assert!(listens(wapbox), "bearerbox");
        boxes.push(start("wapbox"));
        assert!(listens(port), "wapbox");
        Kannel { boxes, port }
    }
}

impl Drop for Kannel {
    fn drop(&mut self) {
        for child in self.boxes.iter_mut().rev() {
            // One that has ended already stays so.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn missing() -> Option<&'static str> {
    let has = |program: &str| {
        let mut command = Command::new(program);
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok()
    };
    match (has("bearerbox") && has("wapbox"), Kind::Python.missing()) {
        (false, _) => Some("Kannel's bearerbox and wapbox"),
        (true, missing) => missing,
    }
}

/// MM1 → PAP → Kannel → SMPP → an SMSC. Kannel writes the content type in words, so that every push takes two
/// messages or more.
fn a_life(base: &str) {
    let mut smsc = Centre::start(Kind::Python, None).unwrap();
    let mut site = Site::new(Program::Shipped, 2).unwrap();
    let kannel = Kannel::start(site.folder(), smsc.port);
    smsc.wait("bind", PATIENCE).unwrap();
    site.set("push", "\"pap\"");
    site.set("mm1.retrieval_base", &format!("{base:?}"));
    let password = site.folder().join("password");
    std::fs::write(&password, "secret\n").unwrap();
    site.set_tables(&format!(
        "[[pap]]\nname = \"kannel\"\nhost = \"127.0.0.1\"\nport = {}\npath = \"/wappush\"\ndomain = \"ppg.test\"\n\
         user = \"ring\"\npassword_file = {:?}\n",
        kannel.port,
        password.display().to_string()
    ));
    let server = site.start().unwrap();
    let content = octets("by way of a gateway ", 5_000);
    phone(1, &server).send(&message(&[2], &content)).unwrap();
    let mut phones = Phones::default();
    let mut submits = Vec::new();
    let (to, pdu) = loop {
        let submit = smsc.wait("submit", PATIENCE).unwrap();
        submits.push(submit.clone());
        if let Some(whole) = phones.take(&submit) {
            break whole;
        }
    };
    assert_eq!(to, subscriber(2).digits().to_string());
    assert!(submits.len() > 1);
    let notification = notification(&pdu);
    captured::expect(&site, &submits, "udh", &notification.content_location);
    fetch(&mut phone(2, &server), &notification, &content);
    let (_, to, pdu) = taken(&mut smsc, &mut phones);
    assert_eq!(to, subscriber(1).digits().to_string());
    assert_eq!(status_of(&pdu), Status::Retrieved);
    assert!(server.terminate().unwrap().success());
}

#[test]
fn a_life_through_kannel() {
    let _turn = turnstile::enter();
    if let Some(what) = missing() {
        println!("skipped: no {what}");
        return;
    }
    let long = format!("http://{}.test/", "a".repeat(80));
    for base in ["http://mms.test/", &long] {
        if let Err(Failure(why)) = network::within(|| a_life(base)) {
            println!("skipped: {why}");
            return;
        }
    }
}
