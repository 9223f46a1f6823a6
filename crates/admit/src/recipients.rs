//! Who a message goes to: aliases brought together, the unreachable kept apart, the number of them limited.

use base::{Msisdn, Reason};
use smallvec::SmallVec;

/// One recipient that will have a life of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The number, or nothing where the address is none that can be reached.
    pub number: Option<Msisdn>,
    /// Which of the fields To, Cc and Bcc, counted together.
    pub field: u16,
}

/// Collects the recipients of one submission, in the order of the PDU.
#[derive(Debug, Default)]
pub struct Recipients {
    found: SmallVec<[Candidate; 4]>,
    fields: u16,
}

impl Recipients {
    /// Adds the next field's address: its number if it resolved to one. A number already there is passed over.
    ///
    /// # Errors
    /// [`Reason::RecipientsTooMany`] above `fields_max` fields: aliases count, so that nobody gets around it.
    pub fn offer(&mut self, number: Option<Msisdn>, fields_max: u16) -> Result<(), Reason> {
        if self.fields >= fields_max {
            return Err(Reason::RecipientsTooMany);
        }
        let candidate = Candidate {
            number,
            field: self.fields,
        };
        self.fields += 1;
        let known = number.is_some() && self.found.iter().any(|other| other.number == number);
        if !known {
            self.found.push(candidate);
        }
        Ok(())
    }

    /// The recipients, if any of them can be reached.
    ///
    /// # Errors
    /// [`Reason::RecipientMissing`] where there was no field at all, [`Reason::RecipientUnresolved`] where no one can
    /// be reached.
    pub fn finish(self) -> Result<SmallVec<[Candidate; 4]>, Reason> {
        if self.fields == 0 {
            return Err(Reason::RecipientMissing);
        }
        if self.found.iter().all(|candidate| candidate.number.is_none()) {
            return Err(Reason::RecipientUnresolved);
        }
        Ok(self.found)
    }
}

#[cfg(test)]
mod tests {
    //! Aliases meet, limits count fields, one that can be reached is enough.
    use super::*;

    fn number(digits: &str) -> Option<Msisdn> {
        Msisdn::from_digits(digits.as_bytes())
    }

    #[test]
    fn aliases_deliver_once_and_the_unreachable_keep_their_field() {
        let mut recipients = Recipients::default();
        for number in [
            number("447700900001"),
            None,
            number("447700900001"),
            number("447700900002"),
        ] {
            recipients.offer(number, 10).unwrap();
        }
        let found = recipients.finish().unwrap();
        let fields: Vec<u16> = found.iter().map(|candidate| candidate.field).collect();
        assert_eq!(fields, [0, 1, 3]);
    }

    #[test]
    fn the_limit_counts_every_field() {
        let mut recipients = Recipients::default();
        recipients.offer(number("447700900001"), 2).unwrap();
        recipients.offer(number("447700900001"), 2).unwrap();
        assert_eq!(
            recipients.offer(number("447700900001"), 2),
            Err(Reason::RecipientsTooMany)
        );
    }

    #[test]
    fn nobody_and_nobody_reachable_are_told_apart() {
        assert_eq!(
            Recipients::default().finish().unwrap_err(),
            Reason::RecipientMissing
        );
        let mut recipients = Recipients::default();
        recipients.offer(None, 2).unwrap();
        assert_eq!(recipients.finish().unwrap_err(), Reason::RecipientUnresolved);
    }
}
