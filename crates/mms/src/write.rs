//! Writing header sections.
//!
//! The typed PDUs put their fields through a [`Writer`], in the order that the specification fixes for the first
//! three and in a free one for the rest. Invariants: every field that is written is well formed whatever its
//! content; what is carried over from another header section keeps its octets.

use wsp::Version;

use crate::field;
use crate::headers::{Field, Headers};
use crate::pdu_type::PduType;
use crate::value::Value;

/// Appends header fields to a buffer.
#[derive(Debug)]
pub struct Writer<'v> {
    out: &'v mut Vec<u8>,
}

impl<'v> Writer<'v> {
    /// Begins a PDU: Message-Type, Transaction-ID if it has one, MMS-Version, in this order (clause 7.1).
    pub(crate) fn begin(
        out: &'v mut Vec<u8>,
        pdu_type: PduType,
        transaction_id: Option<&[u8]>,
        version: Version,
    ) -> Self {
        out.extend_from_slice(&[field::MESSAGE_TYPE, pdu_type.octet()]);
        let mut writer = Self { out };
        writer.put_some(field::TRANSACTION_ID, transaction_id);
        writer.put(field::VERSION, version);
        writer
    }

    /// A field.
    pub(crate) fn put<'a>(&mut self, code: u8, value: impl Value<'a>) {
        self.out.push(code);
        value.write(self.out);
    }

    /// A field, if there is a value.
    pub(crate) fn put_some<'a>(&mut self, code: u8, value: Option<impl Value<'a>>) {
        if let Some(value) = value {
            self.put(code, value);
        }
    }

    /// The content type, as it is on the wire. Nothing may follow but the body.
    pub(crate) fn content_type(self, raw: &[u8]) {
        self.out.push(field::CONTENT_TYPE);
        self.out.extend_from_slice(raw);
    }

    /// Carries over what `target` may have: assigned fields that the table allows there and that are not among
    /// `own` (those the caller writes itself), once if they may not repeat; and everything that the specification
    /// does not know, application headers included.
    pub(crate) fn carry_over(&mut self, headers: &Headers<'_>, target: PduType, own: u64) {
        let mut written = own;
        for field in headers.fields() {
            match field::row(field.code) {
                None => self.copy(&field),
                Some(row) => {
                    let bit = field::bit(field.code);
                    if row.allowed_in(target) && written & bit == 0 {
                        self.copy(&field);
                        written |= if row.repeats { 0 } else { bit };
                    }
                }
            }
        }
    }

    /// A field with its value's octets unchanged, but for the Quote that a sender forgot.
    fn copy(&mut self, field: &Field<'_>) {
        if field.is_application() {
            self.out.extend_from_slice(field.name);
            self.out.push(0);
        } else {
            self.out.push(field.code);
            if field::bit(field.code) & field::TEXTS != 0 && matches!(field.value.first(), Some(0x80..)) {
                self.out.push(0x7F);
            }
        }
        self.out.extend_from_slice(field.value);
    }
}

#[cfg(test)]
mod tests;
