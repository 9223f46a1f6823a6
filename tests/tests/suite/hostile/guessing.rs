//! Retrieval URLs: a million tries of the brain, some thousand of the socket, all near misses of a real one among them.
//!
//! Invariants: a wrong token gives the same refusal as one that never was, to the recipient and to others alike; the
//! right one gives nothing to others; afterwards the recipient's message is there as it was.

use crate::support::{message, notified, octets, phone, serve};
use base::Token;
use mms::Pdu;
use sim::phone::{ALICE, BOB, EVE, got_of};
use sim::world::{Shape, World};
use tests::fuzz::Dice;
use tests::process::letter::subscriber;
use tests::process::turnstile;
use tests::process::wire::Wire;

/// Tries in the brain.
const TRIES: u64 = 1_000_000;

/// Tries that wait for one turn.
const TRIES_A_TURN: u64 = 500;

/// Tries over a socket.
const TRIES_OVER_SOCKETS: u64 = 3_000;

/// X-Mms-Retrieve-Status: Error-permanent-message-not-found.
const NOT_FOUND: u8 = 0xE2;

const SECRET: &[u8] = b"the recipient's bytes";

/// Some token: any, or one that differs from the real one in one bit.
fn guess(dice: &mut Dice, real: Token) -> Token {
    let mut octets = real.0;
    if dice.one_in(2) {
        octets[dice.below(octets.len())] ^= 1 << dice.below(8);
        return Token(octets);
    }
    for octet in &mut octets {
        *octet = dice.octet();
    }
    Token(octets)
}

#[test]
fn a_million_guesses_find_nothing() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], SECRET, |_| {});
    world.settle();
    let real = world.note(BOB).token;
    for batch in 0..TRIES / TRIES_A_TURN {
        let mut dice = Dice::new(21, batch);
        let who = if batch % 2 == 0 { BOB } else { EVE };
        let slots: Vec<u32> = (0..TRIES_A_TURN)
            .map(|_| guess(&mut dice, real))
            .map(|token| world.ask_get(who, Some(token)))
            .collect();
        world.settle();
        for slot in slots {
            let answer = world.answers.remove(&slot).expect("an answer");
            let got = got_of(&answer);
            assert_eq!(got.status, Some(NOT_FOUND));
            assert!(got.message.is_none() && got.from.is_none());
        }
    }
    assert_eq!(
        world.get(EVE, real).status,
        Some(NOT_FOUND),
        "it is somebody else's"
    );
    assert_eq!(world.fetch(BOB).body, SECRET);
    world.ledger.check();
}

#[test]
fn guesses_over_sockets_find_nothing() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let content = octets("secret ", 2_000);
    phone(55, &server).send(&message(&[56], &content)).unwrap();
    let mut bob = phone(56, &server);
    let notification = notified(&mut bob);
    let location = notification.content_location.clone();
    let path = format!("/{}", location.rsplit('/').next().expect("a token"));
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=/%.";
    let mut wire = Wire::open(server.at.mm1).unwrap();
    for number in 0..TRIES_OVER_SOCKETS {
        let mut dice = Dice::new(22, number);
        let mut tried = path.clone().into_bytes();
        let changes = if dice.one_in(2) { 1 } else { tried.len() };
        for _ in 0..=dice.below(changes) {
            let at = 1 + dice.below(tried.len() - 1);
            tried[at] = dice.pick(letters).copied().unwrap_or(b'A');
        }
        let who = if number % 2 == 0 { 56 } else { 57 };
        // Another's right one is as wrong as a wrong one; the recipient's own is not tried.
        if who == 56 && tried == path.as_bytes() {
            continue;
        }
        let tried = String::from_utf8_lossy(&tried).into_owned();
        let number = subscriber(who);
        let request = format!("GET {tried} HTTP/1.1\r\nHost: mms.test\r\nX-MSISDN: {number}\r\n\r\n");
        wire.send(request.as_bytes()).unwrap();
        let answer = wire.answer().unwrap().expect("an answer");
        assert!(
            !answer.body.windows(7).any(|window| window == b"secret "),
            "{tried} as {who} finds it"
        );
        if answer.status == 200 {
            let read = Pdu::read(&answer.body);
            let status = match &read {
                Ok(Pdu::RetrieveConf(conf)) => conf.retrieve_status.map(|status| status.octet()),
                _ => None,
            };
            assert_eq!(status, Some(NOT_FOUND), "{tried} as {who}");
        }
    }
    let got = bob.retrieve(&location).unwrap();
    assert_eq!(got.message.parts[0].octets, content);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
