//! Files of ported numbers: what is taken, what is refused with which line, however the octets are cut.

use super::*;
use profile::{Profile, compile, parse};

const FILE: &str = "[[peer]]\nname = \"alpha\"\ndomains = [\"a.example\"]\nrouting_ids = [\"D042\", \"D043\"]\n\
                    [[peer]]\nname = \"beta\"\ndomains = [\"b.example\"]\n";

fn profile() -> Profile {
    compile(&parse(FILE).unwrap(), 1, "127.0.0.1:1".parse().unwrap())
}

fn load_of(rows_max: u32, files: &[(&str, &str)], piece: usize) -> Result<Ported, Vec<RowFault>> {
    let mut loader = Loader::new(&profile().peers, rows_max);
    for (name, text) in files {
        loader.begin(name);
        for octets in text.as_bytes().chunks(piece) {
            loader.feed(octets);
        }
    }
    loader.finish()
}

fn load(text: &str) -> Result<Ported, Vec<RowFault>> {
    load_of(1_000, &[("ported.csv", text)], usize::MAX)
}

/// Who has a number: a name, or nothing.
fn holder(ported: &Ported, digits: &str) -> Option<String> {
    let code = ported
        .numbers()
        .code(Msisdn::from_digits(digits.as_bytes()).unwrap())?;
    ported.names()[usize::from(code.value()) - 1].clone()
}

const GOOD: &str = "\u{feff}number,peer\r\n# a comment\n\n+447700900011,alpha\r\n447700900012,beta\n\
                    447700900013,D043\n447700900014,local\n447700900015,alpha\n447700900015,-\n447700900012,alpha";

#[test]
fn lines_are_taken_however_they_are_cut() {
    for piece in (1..40).chain([usize::MAX]) {
        let ported = load_of(1_000, &[("ported.csv", GOOD)], piece).unwrap();
        for (number, expected) in [
            ("447700900011", Some("alpha")),
            ("447700900012", Some("alpha")),
            ("447700900013", Some("alpha")),
            ("447700900014", Some("local")),
            ("447700900015", None),
            ("447700900016", None),
        ] {
            assert_eq!(
                holder(&ported, number).as_deref(),
                expected,
                "{number}, pieces of {piece}"
            );
        }
        assert_eq!(ported.count(), 5);
    }
}

#[test]
fn a_delta_follows_the_whole_file() {
    let whole = "447700900011,alpha\n447700900012,beta";
    let delta = "447700900011,beta\n447700900012,-\n";
    let ported = load_of(10, &[("whole.csv", whole), ("delta.csv", delta)], 7).unwrap();
    assert_eq!(holder(&ported, "447700900011").as_deref(), Some("beta"));
    assert_eq!(holder(&ported, "447700900012"), None);
}

#[test]
fn a_wrong_line_is_told_with_file_and_number_and_not_repeated() {
    let rows: &[(&str, u64, &str)] = &[
        ("447700900011", 1, "not NUMBER,PEER"),
        ("447700900011,alpha\n\nx,alpha\n", 3, "the number is not 7 to 15"),
        ("447700,alpha\n", 1, "the number is not 7 to 15"),
        ("4477009000111234,alpha\n", 1, "the number is not 7 to 15"),
        ("0447700900011,alpha\n", 1, "the number is not 7 to 15"),
        (
            "447700900011,gamma\n",
            1,
            "there is no peer of this name or routing id",
        ),
        ("447700900011,alpha,beta\n", 1, "there is no peer of this name"),
        ("447700900011, alpha\n", 1, "there is no peer of this name"),
        ("\"447700900011\",alpha\n", 1, "the number is not"),
        ("447700900011,\n", 1, "there is no peer of this name"),
        ("447700900011,\u{e4}\n", 1, "there is no peer of this name"),
        ("447700900011,alpha\nnumber,peer\n", 2, "the number is not"),
        (",alpha\n", 1, "the number is not"),
    ];
    for (text, line, expected) in rows {
        for piece in [1, 5, usize::MAX] {
            let faults = load_of(1_000, &[("ported.csv", text)], piece).expect_err(text);
            assert_eq!((faults.len(), faults[0].line), (1, *line), "{text}");
            assert!(faults[0].text.contains(expected), "{text}: {}", faults[0]);
            assert!(
                !faults[0].to_string().contains("447700900"),
                "numbers are not repeated: {}",
                faults[0]
            );
        }
    }
}

#[test]
fn faults_are_counted_beyond_the_first_twenty_and_lines_anew_in_each_file() {
    let text = "x\n".repeat(25);
    let faults =
        load_of(10, &[("a.csv", "447700900011,alpha\n"), ("b.csv", &text)], 3).expect_err("bad lines");
    assert_eq!(faults.len(), 21);
    assert_eq!(faults[0].to_string(), "b.csv: line 1: not NUMBER,PEER");
    assert_eq!(faults[20].to_string(), "b.csv: line 25: 5 more lines are wrong");
}

/// A file without line ends must not be kept in memory.
#[test]
fn a_line_without_end_is_bounded() {
    let mut loader = Loader::new(&profile().peers, 10);
    loader.begin("endless.csv");
    for _ in 0..1_000 {
        loader.feed(&[b'1'; 1_000]);
    }
    assert!(loader.begun.capacity() < 1_000, "{}", loader.begun.capacity());
    let faults = loader.finish().expect_err("too long");
    assert_eq!(
        faults[0].to_string(),
        "endless.csv: line 1: longer than 128 octets"
    );
}

#[test]
fn more_rows_than_allowed_are_refused() {
    let text = "447700900011,alpha\n447700900012,alpha\n447700900013,alpha\n";
    assert_eq!(load_of(3, &[("p", text)], 9).unwrap().count(), 3);
    let faults = load_of(2, &[("p", text)], 9).expect_err("three rows");
    assert_eq!(
        faults[0].to_string(),
        "p: line 3: more than 2 rows: see routing.ported_rows_max"
    );
}

#[test]
fn no_file_is_an_empty_table() {
    let ported = load_of(10, &[], 1).unwrap();
    assert_eq!((ported.count(), ported.octets()), (0, 0));
    assert!(
        ported.names().iter().all(Option::is_none),
        "nobody has a number, so nobody must be there"
    );
    assert_eq!(load("").unwrap().count(), 0);
    assert_eq!(load("\n\n#\n").unwrap().count(), 0);
}
