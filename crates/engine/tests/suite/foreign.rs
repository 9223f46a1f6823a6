//! A foreign client: curl, which knows nothing of this project, keeps, closes, chunks and expects in its own ways.
//!
//! Skipped where curl is not installed. Invariant: what curl reports is what the brain saw.

use crate::harness::{Habit, Server, start};
use std::process::Command;

/// Runs curl against the server; `None` where there is no curl.
fn curl(server: &Server, arguments: &[&str]) -> Option<String> {
    let url = format!("http://{}", server.address());
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| argument.replace("URL", &url))
        .collect();
    let output = match Command::new("curl")
        .args(["-sS", "--max-time", "20"])
        .args(&arguments)
        .output()
    {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: curl is not installed");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

/// curl's output must hold all of these.
fn check(server: &Server, arguments: &[&str], expected: &[&str]) {
    let Some(output) = curl(server, arguments) else {
        return;
    };
    for text in expected {
        assert!(output.contains(text), "{arguments:?}: no {text:?} in {output}");
    }
}

const NUMBER: &str = "X-MSISDN: +447700900001";
const TYPE: &str = "Content-Type: application/vnd.wap.mms-message";

#[test]
fn curl_is_served_in_all_its_ways() {
    let server = start(2, &Habit::default());
    let path = std::env::temp_dir().join(format!("engine-foreign-{}", std::process::id()));
    std::fs::write(&path, vec![b'm'; 200_000]).unwrap();
    let data = format!("@{}", path.display());
    let body = ["-H", NUMBER, "-H", TYPE, "--data-binary", &data];
    let cases: &[(&[&str], &[&str])] = &[
        (&["URL/mmsc"], &["who=+447700900001 POST token=- octets=200000 "]),
        (&["-H", "Transfer-Encoding: chunked", "URL/"], &["octets=200000 "]),
        (&["-H", "Expect: 100-continue", "URL/"], &["octets=200000 "]),
        (
            &["--http1.0", "-i", "URL/"],
            &["octets=200000 ", "Connection: close", "Content-Length:"],
        ),
        (
            &["-i", "-H", "Connection: close", "URL/"],
            &["Connection: close", "octets=200000 "],
        ),
        (
            &["URL/1", "URL/2", "URL/3", "-w", "[%{num_connects}]"],
            &["[1]", "[0]"],
        ),
    ];
    for (more, expected) in cases {
        let arguments: Vec<&str> = body.iter().chain(*more).copied().collect();
        check(&server, &arguments, expected);
    }
    check(
        &server,
        &["-H", NUMBER, "URL/AAAAAAAAAAAAAAAB?x=1"],
        &["GET token=AAAAAAAAAAAAAAAB"],
    );
    // Through the server as if it were a proxy: the target is in absolute form.
    check(
        &server,
        &[
            "-H",
            NUMBER,
            "--proxy",
            "URL",
            "http://mmsc.invalid/AAAAAAAAAAAAAAAB",
        ],
        &["token=AAAAAAAAAAAAAAAB"],
    );
    check(&server, &["-I", "URL/"], &["405", "Allow: GET, POST"]);
    std::fs::remove_file(&path).unwrap();
    server.end();
}
