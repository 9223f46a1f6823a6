//! `ringpost route explain`: transcripts over a settings file, a peer's own file and ported numbers.

use crate::support::{Folder, folder, run};
use std::path::Path;

/// Settings with two peers, one in a file of its own, and a file of ported numbers.
fn config(name: &str, ported: &str) -> (Folder, String) {
    let folder = folder(name);
    let write = |file: &str, text: &str| {
        let path = folder.join(file);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let beta = write(
        "beta.toml",
        "name = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+44770090003\"]\n\
         content_types = [\"image/*\"]\nsize_octets_max = 102400\nsize_basis = \"base64\"\n",
    );
    let ported = write("ported.csv", ported);
    let settings = format!(
        "[numbering]\nlocal_ranges = [\"+44770090001\"]\n\
         [routing]\npeer_files = [{beta:?}]\nported_files = [{ported:?}]\n\
         [[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+44770090002\"]\n\
         [[relation]]\nfrom = \"alpha\"\nto = \"beta\"\nmode = \"store_and_forward\"\n"
    );
    let config = write("ringpost.toml", &settings);
    (folder, config)
}

/// What `route explain` says, and its exit code.
fn explained(config: &str, words: &[&str]) -> (i32, String, String) {
    let mut line = vec!["route", "explain", "--config", config];
    line.extend(words);
    let output = run(&line);
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn it_says_which_rule_profile_and_limit() {
    let (_folder, config) = config("route-page", "447700900021,beta\n");
    let asked = [
        "--from",
        "+447700900011",
        "--to",
        "+447700900021",
        "--type",
        "image/jpeg",
        "--size",
        "30000",
    ];
    let (code, out, error) = explained(&config, &asked);
    assert_eq!((code, error.as_str()), (0, ""));
    for line in [
        "from      +447700900011\n",
        "  served  local, by the range of its first 11 digits\n",
        "brought   by local\n",
        "  served  beta, by the ported numbers\n",
        "relation  local to beta: allowed, transparent\n",
        "size      41106 of 102400 octets; at most 74784 octets of content\n",
        "profile   peer.name = \"beta\"\n",
        "profile   peer.size_octets_max = 102400\n",
        "verdict   sent\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
}

#[test]
fn a_refusal_is_an_answer_with_its_codes() {
    let (_folder, config) = config("route-refusal", "");
    let rows = [
        ("+447700900021", "+447700900031", None, "video/3gpp", "R132", 554),
        ("+447700900031", "+447700900021", None, "image/gif", "R504", 550),
        (
            "+447700900011",
            "+447700900012",
            Some("alpha"),
            "image/gif",
            "R503",
            550,
        ),
        ("+447700900011", "+358501234567", None, "image/gif", "R122", 550),
    ];
    for (from, to, peer, media_type, expected, smtp) in rows {
        let mut words = vec!["--json", "--from", from, "--to", to, "--type", media_type];
        words.extend(peer.iter().flat_map(|peer| ["--peer", peer]));
        let (code, out, _) = explained(&config, &words);
        let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
        let verdict = &answer["verdict"];
        assert_eq!((code, verdict["sent"].as_bool()), (0, Some(false)), "{out}");
        assert_eq!(
            (verdict["code"].as_str(), verdict["smtp_code"].as_u64()),
            (Some(expected), Some(smtp)),
            "{out}"
        );
    }
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    let asked = ["--from", "+447700900011", "--to", "+447700900021"];
    let (folder, settings) = config("route-faults", "447700900021,beta\n447700900022,gamma\n");
    let (code, out, error) = explained(&settings, &asked);
    assert_eq!((code, out.as_str()), (2, ""));
    let ported = folder.join("ported.csv");
    let expected = format!(
        "configuration: {}: line 2: there is no peer of this name or routing id\n",
        ported.display()
    );
    assert_eq!(error, expected);
    let beta = |text: &str| std::fs::write(Path::new(&*folder).join("beta.toml"), text).unwrap();
    beta("name = \"beta\"\n");
    assert!(
        explained(&settings, &asked)
            .2
            .contains("beta.toml: line 1: peer.domains is missing")
    );
    beta("name = \"alpha\"\ndomains = [\"b.example\"]\n");
    let error = explained(&settings, &asked).2;
    assert!(error.contains("peer alpha: two peers have this name"), "{error}");
    let (code, _, error) = explained(&settings, &["--from", "1", "--to", "2", "--peer", "nobody"]);
    assert_eq!(code, 2, "{error}");
}
