//! A message of a test: everything in it follows from the seed and its number.
//!
//! Sent by senders, expected by inboxes. Invariant: two letters differ in content, subject and transaction, so that
//! whatever arrives says which letter it is.

use crate::fuzz::Dice;
use base::Msisdn;
use ringpost::phone::{File, Submission};

/// Octets of the longest content.
const OCTETS_MAX: usize = 30_000;

/// See the module's comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub serial: u64,
    /// The run's seed.
    pub seed: u64,
    /// Who sends it.
    pub sender: Msisdn,
    /// Whom to, each once.
    pub recipients: Vec<Msisdn>,
}

impl Letter {
    /// What is sent: noise, mostly short, of any length from 1.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        let mut dice = Dice::new(self.seed, self.serial);
        let octets_max = if dice.one_in(4) { OCTETS_MAX } else { 2_000 };
        let mut content = dice.noise(octets_max);
        content.extend_from_slice(&self.serial.to_be_bytes());
        content
    }

    /// The subject: 17 characters.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("s{:016x}", self.serial)
    }

    /// The number in a subject.
    #[must_use]
    pub fn serial_of(subject: &str) -> Option<u64> {
        u64::from_str_radix(subject.strip_prefix('s')?, 16).ok()
    }

    /// As a phone sends it; the same each time.
    #[must_use]
    pub fn submission(&self) -> Submission {
        Submission {
            to: self.recipients.iter().map(ToString::to_string).collect(),
            subject: Some(self.subject()),
            files: vec![File {
                name: "letter.jpg".to_owned(),
                content_type: "image/jpeg".to_owned(),
                octets: self.content(),
            }],
            delivery_report: true,
            transaction_id: Some(format!("t{:x}", self.serial)),
            ..Submission::default()
        }
    }
}

/// A fictional subscriber (Ofcom's range for drama): +447700900000 and on.
#[must_use]
pub fn subscriber(index: u16) -> Msisdn {
    const FIRST: u64 = 447_700_900_000;
    let digits = (FIRST + u64::from(index)).to_string();
    // Twelve digits are a number.
    Msisdn::from_digits(digits.as_bytes()).unwrap_or_else(|| unreachable!("a number"))
}
