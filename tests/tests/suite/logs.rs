//! `ringpost log verify` and `log dump`: clean after a kill, a flipped bit located, a running server let be.

use crate::support::{message, notified, octets, phone, serve};
use std::path::{Path, PathBuf};
use tests::process::records::dump;
use tests::process::{Program, Site, turnstile};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Flips a bit in the middle of where these octets stand; their place in the file.
fn flip(data: &Path, mark: &[u8]) -> (PathBuf, usize) {
    for path in files(data) {
        let mut content = std::fs::read(&path).unwrap();
        if let Some(at) = content.windows(mark.len()).position(|window| window == mark) {
            content[at + mark.len() / 2] ^= 0x10;
            std::fs::write(&path, content).unwrap();
            return (path, at + mark.len() / 2);
        }
    }
    panic!("no file has it");
}

fn verify(site: &Site, words: &[&str]) -> (Option<i32>, String) {
    let output = site.log(words).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (
        output.status.code(),
        said + &String::from_utf8_lossy(&output.stderr),
    )
}

#[test]
fn what_a_kill_leaves_is_sound() {
    let _turn = turnstile::enter();
    let (site, server) = serve(2);
    let mut alice = phone(60, &server);
    for index in 0..5_u8 {
        alice
            .send(&message(&[61], &octets(&index.to_string(), 5_000)))
            .unwrap();
    }
    server.kill().unwrap();
    let (code, said) = verify(&site, &["verify"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("sound") && said.contains(" 0 problems"), "{said}");
    let (code, said) = verify(&site, &["verify", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    // Five accepted, and at least the first one pushed or taken.
    assert!(dump(&site).unwrap().len() >= 5);
    let (code, said) = verify(&site, &["dump"]);
    assert_eq!(code, Some(0));
    assert!(!said.contains("447700900061"), "numbers are masked");
}

#[test]
fn a_flipped_bit_is_located_and_the_rest_served() {
    let _turn = turnstile::enter();
    let (site, server) = serve(1);
    let mut alice = phone(60, &server);
    let (sound, damaged) = (
        octets("sound and whole. ", 7_000),
        octets("to be damaged. ", 7_000),
    );
    alice.send(&message(&[62], &damaged)).unwrap();
    alice.send(&message(&[63], &sound)).unwrap();
    assert_eq!(server.terminate().unwrap().code(), Some(0));
    let (path, at) = flip(&site.data(), &damaged);
    let (code, said) = verify(&site, &["verify"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("DAMAGED") && said.contains("segment "), "{said}");
    let place = said
        .split(" at ")
        .nth(1)
        .and_then(|rest| rest.split(':').next())
        .and_then(|at| at.parse::<usize>().ok())
        .expect("an offset");
    assert!(
        place <= at && at - place < 16_384,
        "{place} is where the record of {at} in {} begins: {said}",
        path.display()
    );
    let (code, said) = verify(&site, &["dump", "--json"]);
    assert_eq!(code, Some(0), "what is whole is shown");
    assert!(said.lines().any(|line| line.contains("\"problem\"")), "{said}");
    let server = site.start().unwrap();
    let mut recipient = phone(63, &server);
    let location = notified(&mut recipient).content_location;
    let got = recipient.retrieve(&location).unwrap();
    assert_eq!(got.message.parts[0].octets, sound);
}

#[test]
fn a_running_server_and_an_empty_folder_are_refused() {
    let _turn = turnstile::enter();
    let (site, server) = serve(1);
    assert_eq!(verify(&site, &["verify"]).0, Some(3));
    assert_eq!(verify(&site, &["dump"]).0, Some(3));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
    let empty = Site::new(Program::Shipped, 1).unwrap();
    assert_eq!(verify(&empty, &["verify"]).0, Some(2));
}
