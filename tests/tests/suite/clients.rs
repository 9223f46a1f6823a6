//! Foreign HTTP clients against the real server: curl and Python's http.client.

use crate::support::{
    PATIENCE, direct_phone, foreign, message, notified, octets, send_conf, send_req, serve,
};
use mms::{NotifyRespInd, Pdu, Status, Version};
use ringpost::phone::message::Outcome;
use std::path::PathBuf;
use std::process::{Command, Output};
use tests::process::letter::subscriber;
use tests::process::{Server, Site, turnstile};

const CONTENT_TYPE: &str = "Content-Type: application/vnd.wap.mms-message";

/// A PDU in a file, for `--data-binary @FILE`.
fn pdu_file(site: &Site, transaction_id: &str) -> PathBuf {
    let pdu = send_req(
        &message(&[31], &octets(transaction_id, 20_000)),
        transaction_id,
        Version::V1_2,
    );
    let path = site.folder().join(transaction_id);
    std::fs::write(&path, pdu).unwrap();
    path
}

/// curl as subscriber 30, with these options; nothing where there is none.
fn curl(words: &[&str]) -> Option<Output> {
    let number = format!("X-MSISDN: {}", subscriber(30));
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "20", "--noproxy", ""]);
    command.args(["-H", &number]).args(words);
    let output = foreign(&mut command)?;
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(output)
}

/// Posts a PDU with curl's options; checks that it was taken; what curl said. Nothing where there is no curl.
fn post(site: &Site, url: &str, transaction_id: &str, words: &[&str]) -> Option<String> {
    let data = format!("@{}", pdu_file(site, transaction_id).display());
    let answer = site.folder().join("answer");
    let mut all = vec![
        "-v",
        "-o",
        answer.to_str().unwrap(),
        "-w",
        "%{http_code}",
        "-H",
        CONTENT_TYPE,
    ];
    all.extend(words);
    all.extend(["--data-binary", &data, url]);
    let output = curl(&all)?;
    assert_eq!(output.stdout, b"200", "{words:?}");
    let body = std::fs::read(answer).unwrap();
    let conf = send_conf(&body);
    assert_eq!(conf.transaction_id, transaction_id.as_bytes(), "{words:?}");
    assert!(conf.message_id.is_some(), "{words:?}: {conf:?}");
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn url(server: &Server, path: &str) -> String {
    format!("http://{}/{path}", server.at.mm1)
}

#[test]
fn curl_posts_in_every_way_that_phones_and_proxies_do() {
    let _turn = turnstile::enter();
    let (site, server) = serve(2);
    let proxy = server.at.mm1.to_string();
    let ways: &[(&str, &str, &[&str])] = &[
        ("plain", "", &[]),
        ("any-path", "servlets/mms?x=1", &["-H", "Host: mmsc.example"]),
        ("close", "", &["-H", "Connection: close"]),
        ("chunked", "", &["-H", "Transfer-Encoding: chunked"]),
        ("expect", "", &["-H", "Expect: 100-continue"]),
        ("http10", "", &["--http1.0"]),
        ("http10-kept", "", &["--http1.0", "-H", "Connection: keep-alive"]),
    ];
    for (name, path, words) in ways {
        let Some(said) = post(&site, &url(&server, path), name, words) else {
            return;
        };
        let says = |line: &str| said.to_ascii_lowercase().contains(line);
        match *name {
            "expect" => assert!(says("< http/1.1 100"), "{said}"),
            "close" => assert!(says("< connection: close"), "{said}"),
            "http10-kept" => assert!(says("< connection: keep-alive"), "{said}"),
            "http10" => assert!(!says("< connection: keep-alive"), "{said}"),
            _ => {}
        }
    }
    post(&site, "http://mms.example/", "absolute", &["-x", &proxy]);
    post(
        &site,
        "http://mms.example:8799/mms",
        "absolute-kept",
        &["-x", &proxy, "--http1.0"],
    );
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn curl_keeps_its_connection_and_closes_it() {
    let _turn = turnstile::enter();
    let (site, server) = serve(2);
    let file = format!("@{}", pdu_file(&site, "kept").display());
    let to = url(&server, "");
    for (field, connects) in [
        ("Connection: keep-alive", "1 0 0 "),
        ("Connection: close", "1 1 1 "),
    ] {
        let words = [
            "-o",
            "/dev/null",
            "-o",
            "/dev/null",
            "-o",
            "/dev/null",
            "-w",
            "%{num_connects} ",
            "-H",
            CONTENT_TYPE,
            "-H",
            field,
            "--data-binary",
            &file,
            &to,
            &to,
            &to,
        ];
        let Some(output) = curl(&words) else { return };
        assert_eq!(String::from_utf8_lossy(&output.stdout), connects, "{field}");
    }
}

#[test]
fn retrieval_by_get_and_post_with_a_transaction_id_behind_the_url() {
    let _turn = turnstile::enter();
    let (mut site, server) = serve(2);
    drop(server);
    site.unset("mm1.retrieval_base");
    let server = site.start().unwrap();
    let content = octets("photograph ", 30_000);
    direct_phone(32, &server).send(&message(&[30], &content)).unwrap();
    let mut recipient = direct_phone(30, &server);
    let notification = notified(&mut recipient);
    let location = &notification.content_location;
    assert!(location.starts_with(&url(&server, "")), "{location}");
    let suffixed = format!("{location}{}", notification.transaction_id);
    for (to, words) in [
        (location.as_str(), &[][..]),
        (suffixed.as_str(), &[][..]),
        (suffixed.as_str(), &["-H", "Connection: close"][..]),
        (suffixed.as_str(), &["--http1.0"][..]),
    ] {
        let mut all = words.to_vec();
        all.push(to);
        let Some(output) = curl(&all) else { return };
        match Pdu::read(&output.stdout).unwrap() {
            Pdu::RetrieveConf(conf) => {
                let part = conf.content.parts().unwrap().unwrap().next().unwrap().unwrap();
                assert_eq!(part.data, content, "{words:?} {to}");
            }
            other => panic!("{words:?} {to}: {}", other.pdu_type().name()),
        }
    }
    // Some phones post their answer where the message was, instead of to the MMSC.
    let mut pdu = Vec::new();
    let transaction_id = notification.transaction_id.as_bytes();
    NotifyRespInd::new(transaction_id, Version::V1_2, Status::Retrieved).write(&mut pdu);
    let file = site.folder().join("response");
    std::fs::write(&file, pdu).unwrap();
    let data = format!("@{}", file.display());
    let words = [
        "-w",
        "%{http_code}",
        "-H",
        CONTENT_TYPE,
        "--data-binary",
        &data,
        &suffixed,
    ];
    let answer = curl(&words).unwrap().stdout;
    assert!(answer == b"200" || answer == b"204", "{answer:?}");
    let report = direct_phone(32, &server)
        .report(PATIENCE)
        .unwrap()
        .expect("a report");
    assert_eq!(report.outcome, Outcome::Delivery(Status::Retrieved));
}

#[test]
fn python_speaks_to_it_over_one_connection() {
    let _turn = turnstile::enter();
    let (site, server) = serve(3);
    let files: Vec<PathBuf> = ["py-one", "py-two", "py-three"]
        .iter()
        .map(|name| pdu_file(&site, name))
        .collect();
    let script = "import http.client, sys\n\
        connection = http.client.HTTPConnection(sys.argv[1], timeout=20)\n\
        for number, path in zip(sys.argv[2].split(','), sys.argv[3:]):\n\
        \x20   body = open(path, 'rb').read()\n\
        \x20   fields = {'X-MSISDN': number, 'Content-Type': 'application/vnd.wap.mms-message'}\n\
        \x20   connection.request('POST', '/', body, fields)\n\
        \x20   first = connection.sock\n\
        \x20   answer = connection.getresponse()\n\
        \x20   print(answer.status, answer.getheader('Content-Type'), answer.read().hex(), connection.sock is first)\n";
    let numbers: Vec<String> = (33..36).map(|index| subscriber(index).to_string()).collect();
    let mut command = Command::new("python3");
    command.args(["-c", script, &server.at.mm1.to_string(), &numbers.join(",")]);
    let Some(output) = foreign(command.args(&files)) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        said.lines().count(),
        3,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for (line, name) in said.lines().zip(["py-one", "py-two", "py-three"]) {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(
            (words[0], words[1], words[3]),
            ("200", "application/vnd.wap.mms-message", "True")
        );
        let body: Vec<u8> = (0..words[2].len() / 2)
            .map(|at| u8::from_str_radix(&words[2][2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let conf = send_conf(&body);
        assert_eq!(conf.transaction_id, name.as_bytes());
        assert!(conf.message_id.is_some());
    }
}
