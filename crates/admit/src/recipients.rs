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
mod tests;
