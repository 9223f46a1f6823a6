//! Fields that several PDUs carry together: reply charging and application addressing.
//!
//! Part of the typed PDUs. Invariant: a group that is all `None` writes nothing.

use crate::field;
use crate::scan::Scan;
use crate::value::{ReplyChargingMode, Time};
use crate::write::Writer;

/// X-Mms-Reply-Charging and its companions: the sender pays for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplyCharging<'a> {
    /// X-Mms-Reply-Charging.
    pub mode: Option<ReplyChargingMode>,
    /// X-Mms-Reply-Charging-Deadline.
    pub deadline: Option<Time>,
    /// X-Mms-Reply-Charging-ID: the Message-ID that is answered.
    pub id: Option<&'a [u8]>,
    /// X-Mms-Reply-Charging-Size, octets.
    pub size_octets: Option<u64>,
}

impl<'a> ReplyCharging<'a> {
    pub(crate) const BITS: u64 = field::bits(&[
        field::REPLY_CHARGING,
        field::REPLY_CHARGING_DEADLINE,
        field::REPLY_CHARGING_ID,
        field::REPLY_CHARGING_SIZE,
    ]);

    pub(crate) fn read(scan: &Scan<'a>) -> Self {
        if !scan.has_any(Self::BITS) {
            return Self::default();
        }
        Self {
            mode: scan.optional(field::REPLY_CHARGING),
            deadline: scan.optional(field::REPLY_CHARGING_DEADLINE),
            id: scan.optional(field::REPLY_CHARGING_ID),
            size_octets: scan.optional(field::REPLY_CHARGING_SIZE),
        }
    }

    pub(crate) fn put(&self, writer: &mut Writer<'_>) {
        writer.put_some(field::REPLY_CHARGING, self.mode);
        writer.put_some(field::REPLY_CHARGING_DEADLINE, self.deadline);
        writer.put_some(field::REPLY_CHARGING_ID, self.id);
        writer.put_some(field::REPLY_CHARGING_SIZE, self.size_octets);
    }
}

/// X-Mms-Applic-ID and its companions: messages between applications on phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApplicationIds<'a> {
    /// X-Mms-Applic-ID: the application that the message is for.
    pub applic_id: Option<&'a [u8]>,
    /// X-Mms-Reply-Applic-ID: the application that answers go to.
    pub reply_applic_id: Option<&'a [u8]>,
    /// X-Mms-Aux-Applic-Info: for the application alone.
    pub aux_applic_info: Option<&'a [u8]>,
}

impl<'a> ApplicationIds<'a> {
    pub(crate) const BITS: u64 =
        field::bits(&[field::APPLIC_ID, field::REPLY_APPLIC_ID, field::AUX_APPLIC_INFO]);

    pub(crate) fn read(scan: &Scan<'a>) -> Self {
        if !scan.has_any(Self::BITS) {
            return Self::default();
        }
        Self {
            applic_id: scan.optional(field::APPLIC_ID),
            reply_applic_id: scan.optional(field::REPLY_APPLIC_ID),
            aux_applic_info: scan.optional(field::AUX_APPLIC_INFO),
        }
    }

    pub(crate) fn put(&self, writer: &mut Writer<'_>) {
        writer.put_some(field::APPLIC_ID, self.applic_id);
        writer.put_some(field::REPLY_APPLIC_ID, self.reply_applic_id);
        writer.put_some(field::AUX_APPLIC_INFO, self.aux_applic_info);
    }
}
