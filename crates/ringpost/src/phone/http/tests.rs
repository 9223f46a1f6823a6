//! URLs, and calls against a server that plays what the test wrote.

use super::{Call, Client, Url};
use crate::phone::PhoneError;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// Serves one connection for each of `scripts`: for each answer in it, reads a request up to `marker`, then answers.
fn server(scripts: Vec<Vec<&'static str>>, marker: &'static str) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for script in scripts {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in script {
                let mut request = Vec::new();
                let mut octet = [0];
                while !request.ends_with(marker.as_bytes()) {
                    assert_eq!(stream.read(&mut octet).unwrap(), 1, "the request is cut short");
                    request.push(octet[0]);
                }
                requests.push(String::from_utf8(request).unwrap());
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
        requests
    });
    (address, serving)
}

fn get(client: &mut Client, url: &Url) -> Result<(u16, String), PhoneError> {
    let call = Call {
        url,
        fields: &[("X-MSISDN", "+447700900001")],
        body: None,
        patience: PATIENCE,
    };
    let answer = client.call(&call)?;
    Ok((answer.status, String::from_utf8(answer.body).unwrap()))
}

#[test]
fn urls_that_are_taken_and_urls_that_are_not() {
    let rows: &[(&str, Option<(&str, &str)>)] = &[
        (
            "http://127.0.0.1:8190/",
            Some(("127.0.0.1:8190", "http://127.0.0.1:8190/")),
        ),
        (
            "http://mms.example",
            Some(("mms.example:80", "http://mms.example/")),
        ),
        (
            "http://[::1]:8190/a?b=c",
            Some(("[::1]:8190", "http://[::1]:8190/a?b=c")),
        ),
        ("http://[::1]/a", Some(("[::1]:80", "http://[::1]/a"))),
        ("https://mms.example/", None),
        ("mms.example", None),
        ("http:///path", None),
        ("http://user@mms.example/", None),
        ("http://mms.example/a b", None),
        ("http://mms.example/a\r\nX: y", None),
    ];
    for (text, expected) in rows {
        let url = text.parse::<Url>().ok();
        let found = url.as_ref().map(|url| (url.endpoint(), url.to_string()));
        assert_eq!(
            found,
            expected.map(|(a, b)| (a.to_owned(), b.to_owned())),
            "{text}"
        );
    }
    let base: Url = "http://a/b/".parse().unwrap();
    assert_eq!(base.join("c?d").to_string(), "http://a/b/c?d");
}

#[test]
fn a_kept_connection_is_used_again_and_a_closed_one_is_opened_anew() {
    // The first connection answers twice and closes without a word; the second one closes as announced.
    let first = vec![
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 204 No Content\r\n\r\n",
    ];
    let second = vec!["HTTP/1.0 200 OK\r\n\r\nuntil the end"];
    let (address, serving) = server(vec![first, second], "\r\n\r\n");
    let url: Url = format!("http://{address}/token").parse().unwrap();
    let mut client = Client::new(None);
    assert_eq!(get(&mut client, &url).unwrap(), (200, "a".to_owned()));
    assert_eq!(get(&mut client, &url).unwrap(), (204, String::new()));
    assert_eq!(get(&mut client, &url).unwrap(), (200, "until the end".to_owned()));
    let requests = serving.join().unwrap();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert!(request.starts_with("GET /token HTTP/1.1\r\n"), "{request}");
        assert!(
            request.contains(&format!("\r\nHost: {address}\r\n"))
                && request.contains("\r\nX-MSISDN: +447700900001")
        );
    }
}

#[test]
fn a_proxy_is_asked_in_absolute_form() {
    let (address, serving) = server(vec![vec!["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]], "body");
    let mut client = Client::new(Some(address.to_string()));
    let url: Url = "http://mms.example/x".parse().unwrap();
    let call = Call {
        url: &url,
        fields: &[],
        body: Some(b"body"),
        patience: PATIENCE,
    };
    assert_eq!(client.call(&call).unwrap().status, 200);
    let requests = serving.join().unwrap();
    assert!(
        requests[0].starts_with("POST http://mms.example/x HTTP/1.1\r\n"),
        "{requests:?}"
    );
    assert!(requests[0].contains("\r\nContent-Length: 4\r\n"));
}

#[test]
fn answers_that_are_cut_short_malformed_or_late_are_errors() {
    for cut in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200",
        "nonsense\r\n\r\n",
    ] {
        let (address, serving) = server(vec![vec![cut]], "\r\n\r\n");
        let url: Url = format!("http://{address}/").parse().unwrap();
        let outcome = get(&mut Client::new(None), &url);
        assert!(
            matches!(outcome, Err(PhoneError::Answer(_))),
            "{cut}: {outcome:?}"
        );
        serving.join().unwrap();
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/", silent.local_addr().unwrap())
        .parse()
        .unwrap();
    let call = Call {
        url: &url,
        fields: &[],
        body: None,
        patience: Duration::from_millis(20),
    };
    assert!(matches!(Client::new(None).call(&call), Err(PhoneError::Late)));
}
