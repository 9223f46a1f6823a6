//! Reports to the originator: M-Delivery.ind stands in the very record that ends a copy, M-Read-Orig.ind in the one
//! that marks the report as taken. So there is exactly one of each, whatever crashes when.

use crate::brain::{Brain, Held};
use base::Msisdn;
use lifecycle::{End, State};
use mms::{DeliveryInd, Originator, PlmnText, ReadOrigInd, ReadRecInd, Status, Version};
use store::Recipient;
use store::record::{
    FLAG_DELIVERY_REPORT, FLAG_FOREIGN_SENDER, FLAG_REPORT_DENIED, FLAG_SENDER_1_0, FLAG_SENDER_1_1,
};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Whether the originator is to hear of this copy's end.
    pub(crate) fn owes_report(&self, copy: &Recipient) -> bool {
        // Of another operator's subscriber the peer is told, not a phone.
        let is_told_here = copy.sender != 0 && copy.flags & FLAG_FOREIGN_SENDER == 0;
        copy.flags & FLAG_DELIVERY_REPORT != 0 && copy.flags & FLAG_REPORT_DENIED == 0 && is_told_here
    }

    /// Planted: an end that is there already is written once more, report included.
    pub(crate) fn report_again(&mut self, number: u32, copy: Recipient) {
        let State::Ended(end) = copy.state else { return };
        let mut report = Vec::new();
        if self.owes_report(&copy) && self.write_delivery_report(&mut report, &copy, end) {
            // Without room the mistake is not made.
            let _ = self.append_state(number, copy, copy.sender, &report, Held::Stepped(None));
        }
    }

    /// Writes M-Delivery.ind. `false` where there is no way to say whom it is about.
    pub(crate) fn write_delivery_report(&self, out: &mut Vec<u8>, copy: &Recipient, end: End) -> bool {
        let version = sender_version(copy.flags);
        let id = crate::answer::message_id(copy.message, &self.profile);
        let Ok(status) = Status::try_from(end.status_for(version.minor())) else {
            return false;
        };
        let recipient = self.store.subscriber_of(copy).map(Msisdn::digits);
        let number = PlmnText::new(recipient.unwrap_or(0));
        let to = match recipient {
            Some(_) => number.address(),
            None => mms::Address::ascii(&self.address),
        };
        DeliveryInd::new(version, &id, to, u64::from(self.wall().0), status).write(out);
        true
    }

    /// Writes M-Read-Orig.ind from a recipient's M-Read-Rec.ind. Its To is ignored: the report goes to who sent the
    /// message.
    pub(crate) fn write_read_report(
        &self,
        out: &mut Vec<u8>,
        copy: &Recipient,
        reader: Msisdn,
        read: &ReadRecInd<'_>,
    ) {
        let id = crate::answer::message_id(copy.message, &self.profile);
        let (sender, reader) = (PlmnText::new(copy.sender), PlmnText::new(reader.digits()));
        let from = Originator::Address(reader.address());
        // Read reports came with 1.1; a 1.0 client that asked for one gets it in the first version that has it.
        let version = sender_version(copy.flags).max(Version::V1_1);
        let date = read.date_unix_s.unwrap_or_else(|| u64::from(self.wall().0));
        ReadOrigInd::new(version, &id, sender.address(), from, date, read.read_status).write(out);
    }
}

fn sender_version(flags: u16) -> Version {
    if flags & FLAG_SENDER_1_0 != 0 {
        Version::V1_0
    } else if flags & FLAG_SENDER_1_1 != 0 {
        Version::V1_1
    } else {
        Version::V1_2
    }
}
