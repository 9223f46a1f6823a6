//! Command lines and what they say: transcripts of the commands that need no server.

use crate::support::{folder, run};

/// Runs a command line; its exit code, standard output and standard error.
fn said(words: &[&str]) -> (i32, String, String) {
    let output = run(words);
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn explain_shows_a_row_of_the_table() {
    let (code, out, _) = said(&["explain", "r131"]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "R131 ContentTooLarge\n  says      The message is too large.\n  fault of  the one who asked\n  \
         retry     no: the same request would be refused again\n  \
         do        Raise mm1.message_octets_max if the operator allows more.\n  \
         on MM1    X-Mms-Response-Status 0xE5 (0x87 to MMS 1.0), X-Mms-Retrieve-Status 0xE3\n  \
         on HTTP   413, where no PDU can say it\n  \
         on MM4    Error-content-not-accepted, or SMTP 552 5.3.4\n"
    );
    assert_eq!(said(&["explain", "ContentTooLarge"]).1, out);
    let (code, out, error) = said(&["explain", "R999"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        error,
        "ringpost: no reason has the code \"R999\"; `ringpost explain` lists all\n"
    );
}

#[test]
fn explain_lists_all_and_speaks_json() {
    let (code, out, _) = said(&["explain"]);
    assert_eq!((code, out.lines().count()), (0, base::reason::TABLE.len()));
    let (_, out, _) = said(&["explain", "R201", "--json"]);
    let row: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (row["name"].as_str(), row["retry"].as_bool()),
        (Some("Busy"), Some(true))
    );
    for line in said(&["explain", "--json"]).1.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

#[test]
fn settings_named_in_the_table_of_reasons_exist() {
    for row in base::reason::TABLE {
        let named = row
            .action
            .split([' ', ',', '.'])
            .filter(|word| word.contains('_'));
        for word in named {
            let lists = profile::LISTS.iter().flat_map(|list| list.rows);
            let known = profile::TABLE
                .iter()
                .chain(lists)
                .any(|setting| setting.key() == word || setting.name.ends_with(word));
            assert!(known, "{}: {} names {word}", row.code, row.action);
        }
    }
}

#[test]
fn config_check_takes_what_config_default_prints() {
    let folder = folder("config");
    let file = folder.join("default.toml");
    std::fs::write(&file, said(&["config", "default"]).1).unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(
        said(&["config", "check", path]),
        (0, format!("{path}: ok\n"), String::new())
    );
    let (code, out, _) = said(&["config", "schema"]);
    assert_eq!((code, out.is_empty()), (0, false));
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
    assert!(serde_json::from_str::<serde_json::Value>(&said(&["config", "table"]).1).is_ok());
}

#[test]
fn config_check_tells_every_fault_with_its_line() {
    let folder = folder("faults");
    let file = folder.join("bad.toml");
    std::fs::write(&file, "shard = 2\n[mm1]\nrecipients_max = 0\n").unwrap();
    let path = file.to_str().unwrap();
    let (code, out, _) = said(&["config", "check", path]);
    assert_eq!(code, 2);
    assert_eq!(
        out,
        format!(
            "{path}: line 1: unknown setting shard; the nearest known one is shards\n\
             {path}: line 3: mm1.recipients_max is 0: it must be 1 to 256\n"
        )
    );
    let (code, out, _) = said(&["config", "check", "--json", path]);
    let verdict: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (
            code,
            verdict["ok"].as_bool(),
            verdict["faults"][1]["line"].as_u64()
        ),
        (2, Some(false), Some(3))
    );
    assert_eq!(said(&["config", "check", "/nonexistent/ringpost.toml"]).0, 2);
}

#[test]
fn serve_refuses_bad_settings_and_the_lab_off_loopback() {
    let folder = folder("lab");
    let file = folder.join("off.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "shards = 0.5\n").unwrap();
    let (code, out, error) = said(&["serve", "--config", path]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        error,
        format!("configuration: {path}: line 1: shards must be 0 to 256\n")
    );

    std::fs::write(
        &file,
        "[listen]\nmm1 = [\"0.0.0.0:0\"]\nadmin = [\"0.0.0.0:0\"]\n[mm1]\nretrieval_base = \"http://mms.example/\"\n",
    )
    .unwrap();
    let (code, out, error) = said(&["serve", "--config", path]);
    assert_eq!((code, out.as_str(), error.lines().count()), (2, "", 4), "{error}");
    for setting in [
        "identity.gateways",
        "push",
        "numbering.local_ranges",
        "admin.token",
    ] {
        assert!(
            error
                .lines()
                .any(|line| line.starts_with(&format!("configuration: {path}: {setting}"))),
            "{error}"
        );
    }
    assert!(
        !std::path::Path::new("ringpost-data").exists(),
        "nothing was opened"
    );
}

/// M-NotifyResp.ind of `mm1-pdu` §15: transaction "T1", version 1.2, Retrieved, report allowed.
const NOTIFY_RESP: [u8; 11] = [0x8C, 0x83, 0x98, b'T', b'1', 0, 0x8D, 0x92, 0x95, 0x81, 0x91];

#[test]
fn pdu_dump_shows_fields_and_tells_corruption() {
    let folder = folder("pdu");
    let file = folder.join("good.pdu");
    let mut octets = NOTIFY_RESP.to_vec();
    octets.push(0x80);
    std::fs::write(&file, &octets).unwrap();
    let (code, out, _) = said(&["pdu", "dump", file.to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("X-Mms-Transaction-Id: T1") && out.contains("X-Mms-Status: Retrieved (0x81)"),
        "{out}"
    );

    let bad = folder.join("bad.pdu");
    std::fs::write(&bad, &octets[..4]).unwrap();
    let (code, out, _) = said(&["pdu", "dump", bad.to_str().unwrap()]);
    assert!(
        code == 1 && out.lines().last().unwrap().starts_with("corrupt: "),
        "{out}"
    );
    let (code, out, _) = said(&[
        "pdu",
        "dump",
        "--json",
        file.to_str().unwrap(),
        bad.to_str().unwrap(),
    ]);
    let values: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((code, values.len()), (1, 2));
    assert_eq!(
        (values[0]["readable"].as_bool(), values[1]["readable"].as_bool()),
        (Some(true), Some(false))
    );
    assert_eq!(said(&["pdu", "dump", "/nonexistent"]).0, 2);
}

#[test]
fn lines_that_are_not_understood_exit_2() {
    let rows: &[&[&str]] = &[
        &["nonsense"],
        &["serve", "--nonsense"],
        &["phone", "--number", "none", "wait"],
        &["phone", "--number", "+447700900001", "send"],
        &["phone", "--number", "+447700900001", "retrieve"],
        &[
            "phone",
            "--number",
            "+447700900001",
            "--mmsc",
            "https://x/",
            "wait",
        ],
        &[
            "phone",
            "--number",
            "+447700900001",
            "--mms-version",
            "2.0",
            "wait",
        ],
        &["log", "verify", "/nonexistent"],
        &["pdu", "dump"],
        &[],
    ];
    for words in rows {
        assert_eq!(said(words).0, 2, "{words:?}");
    }
    assert_eq!(said(&["--help"]).0, 0);
    assert!(said(&["--version"]).1.starts_with("ringpost 0."));
}

#[test]
fn a_phone_without_a_server_fails_with_1() {
    // Port 9 of a documentation address would hang; a port that was just given back refuses at once.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let admin = format!("http://{port}");
    let (code, out, error) = said(&[
        "phone",
        "--number",
        "+447700900001",
        "--admin",
        &admin,
        "wait",
        "--wait",
        "0",
    ]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        error.starts_with("phone +…01: ") && !error.contains("447700900001"),
        "{error}"
    );
}
