//! The request that the driver posts: one M-Send.req in its HTTP request, made once and numbered in place.
//!
//! Before the driver. Invariants: every numbering makes a different transaction, recipient and (in turn) sender
//! of equal length, so that numbering costs some tens of stores and nothing of the request moves; numbers are
//! +999, which no country has.

use crate::BenchError;
use mms::Version;
use ringpost::phone::{File, Submission, compose};

/// Digits that are replaced by a message's number, everywhere.
const DIGITS: usize = 9;

/// What stands where the transaction's number goes.
const TRANSACTION: &[u8; DIGITS] = b"123456781";
/// What stands where the recipient's number goes, behind +9992.
const RECIPIENT: &[u8; DIGITS] = b"123456782";
/// What stands where the sender's number goes, behind +9991.
const SENDER: &[u8; DIGITS] = b"123456783";

/// A request that can be numbered.
#[derive(Clone, Debug)]
pub struct Template {
    octets: Vec<u8>,
    pdu_at: usize,
    transaction_at: usize,
    recipient_at: usize,
    sender_at: usize,
    senders: u64,
}

impl Template {
    /// A POST whose PDU has `pdu_octets` octets (1,000 at least), from `senders` senders in turn.
    ///
    /// # Errors
    /// Where the PDU can't be composed in this size.
    pub fn new(pdu_octets: usize, senders: u64) -> Result<Template, BenchError> {
        Template::made(pdu_octets, senders, |photograph| pdu(photograph, false))
    }

    /// As [`new`](Self::new), and the sender wants a delivery report.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn with_report(pdu_octets: usize, senders: u64) -> Result<Template, BenchError> {
        Template::made(pdu_octets, senders, |photograph| pdu(photograph, true))
    }

    fn made(
        pdu_octets: usize,
        senders: u64,
        pdu: impl Fn(usize) -> Result<Vec<u8>, BenchError>,
    ) -> Result<Template, BenchError> {
        let empty = pdu(0)?;
        // The part's length is a uintvar: a second try makes up for its growth.
        let mut photograph = pdu_octets.saturating_sub(empty.len());
        let mut made = pdu(photograph)?;
        photograph = (photograph + pdu_octets).saturating_sub(made.len());
        made = pdu(photograph)?;
        if made.len() != pdu_octets {
            return Err(BenchError::broken(format!(
                "no PDU of {pdu_octets} octets: {}",
                made.len()
            )));
        }
        let head = format!(
            "POST / HTTP/1.1\r\nHost: mms.bench.invalid\r\nX-MSISDN: +9991{}\r\nContent-Type: \
             application/vnd.wap.mms-message\r\nContent-Length: {}\r\nUser-Agent: bench\r\n\r\n",
            String::from_utf8_lossy(SENDER),
            made.len()
        );
        let pdu_at = head.len();
        let octets = [head.as_bytes(), &made].concat();
        let place = |mark: &[u8; DIGITS]| {
            octets
                .windows(DIGITS)
                .position(|window| window == mark)
                .ok_or_else(|| BenchError::broken("a number is not found in the request"))
        };
        Ok(Template {
            pdu_at,
            transaction_at: place(TRANSACTION)?,
            recipient_at: place(RECIPIENT)?,
            sender_at: place(SENDER)?,
            senders: senders.max(1),
            octets,
        })
    }

    /// Makes it the request of message `number`, below a thousand million.
    pub fn number(&mut self, number: u64) {
        write(&mut self.octets, self.transaction_at, number);
        write(&mut self.octets, self.recipient_at, number);
        write(&mut self.octets, self.sender_at, number % self.senders);
    }

    /// The whole request.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The PDU in it.
    #[must_use]
    pub fn pdu(&self) -> &[u8] {
        self.octets.get(self.pdu_at..).unwrap_or_default()
    }

    /// E.164 digits of the sender of message `number`.
    #[must_use]
    pub fn sender(&self, number: u64) -> u64 {
        9_991 * 10_u64.pow(DIGITS as u32) + number % self.senders
    }
}

fn write(octets: &mut [u8], at: usize, number: u64) {
    let mut rest = number;
    let places = octets.get_mut(at..at + DIGITS).unwrap_or_default();
    for place in places.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// What a phone sends with one photograph of so many octets.
fn pdu(photograph: usize, delivery_report: bool) -> Result<Vec<u8>, BenchError> {
    let submission = Submission {
        to: vec![format!("+9992{}", String::from_utf8_lossy(RECIPIENT))],
        subject: Some("Bench".to_owned()),
        files: vec![File {
            name: "photo.jpg".to_owned(),
            content_type: "image/jpeg".to_owned(),
            octets: (0..photograph).map(|at| (at ^ (at >> 8)) as u8).collect(),
        }],
        expiry: Some(std::time::Duration::from_secs(86_400)),
        delivery_report,
        ..Submission::default()
    };
    let transaction = [b"T".as_slice(), TRANSACTION].concat();
    compose::send_req(&submission, &transaction, Version::V1_2)
        .map_err(|error| BenchError::broken(error.to_string()))
}

#[cfg(test)]
mod tests;
