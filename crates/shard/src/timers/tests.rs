//! The wheel against a sorted list, over random settings, moves and removals.

use super::*;
use base::{MessageId, Token};
use lifecycle::State;
use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};
use store::{Links, Recipient};

fn copy() -> Recipient {
    Recipient {
        message: MessageId::from_bits(1),
        sender: 0,
        token: Token([0; 12]),
        until: 0,
        due: 0,
        timer: Links::default(),
        subscriber: NONE,
        next: NONE,
        pin_segment: 0,
        pin_units: 0,
        sequence: 0,
        flags: 0,
        index: 0,
        state: State::Taken,
        attempts: 0,
        marks: 0,
        fetching: 0,
    }
}

#[test]
fn a_copy_takes_72_octets() {
    assert!(
        size_of::<Option<Recipient>>() <= 72,
        "{}",
        size_of::<Option<Recipient>>()
    );
}

#[test]
fn fires_what_a_sorted_list_would() {
    for seed in 0..60 {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let mut copies = Recipients::default();
        let numbers: Vec<u32> = (0..200).map(|_| copies.insert(copy())).collect();
        let start = random.next_u32() >> 8;
        let mut wheel = Wheel::new(start);
        let mut expected: Vec<Option<u32>> = vec![None; numbers.len()];
        for _ in 0..1_500 {
            let which = random.next_u32() as usize % numbers.len();
            match random.next_u32() % 8 {
                0 => {
                    wheel.clear(&mut copies, numbers[which]);
                    expected[which] = None;
                }
                1 => {
                    let to = wheel.current() + random.next_u32() % 5_000;
                    if let Some(next) = wheel.next_tick() {
                        let least = expected.iter().flatten().min().unwrap();
                        assert!(next <= *least, "seed {seed}: wakes too late");
                    }
                    let mut fired = Vec::new();
                    wheel.advance(&mut copies, to, &mut fired);
                    let mut due: Vec<u32> = Vec::new();
                    for (index, at) in expected.iter_mut().enumerate() {
                        if at.is_some_and(|at| at <= to) {
                            *at = None;
                            due.push(numbers[index]);
                        }
                    }
                    fired.sort_unstable();
                    due.sort_unstable();
                    assert_eq!(fired, due, "seed {seed}");
                }
                _ => {
                    let at = wheel.current() + (random.next_u32() >> (random.next_u32() % 24 + 8));
                    wheel.set(&mut copies, numbers[which], at);
                    expected[which] = Some(at.max(wheel.current() + 1));
                }
            }
        }
        assert_eq!(
            wheel.count as usize,
            expected.iter().flatten().count(),
            "seed {seed}"
        );
    }
}
