//! Reports to the originator: M-Delivery.ind stands in the very record that ends a copy, M-Read-Orig.ind in the one
//! that marks the report as taken. So there is exactly one of each, whatever crashes when; a bearer that has to take
//! them gets the same octets as often as it takes (`debt`).

use crate::brain::{Brain, Held};
use base::Msisdn;
use lifecycle::{End, State};
use mms::{DeliveryInd, Originator, PlmnText, ReadOrigInd, ReadStatus, Status, Version};
use store::Recipient;
use store::record::{FLAG_SENDER_1_0, FLAG_SENDER_1_1, FLAG_TOLD, owes_end};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Planted: an end that is there already is written once more, report included.
    pub(crate) fn report_again(&mut self, number: u32, copy: Recipient) {
        let State::Ended(end) = copy.state else { return };
        let mut report = Vec::new();
        let is_asked = owes_end(copy.flags & !FLAG_TOLD, copy.sender);
        if is_asked && self.write_delivery_report(&mut report, &copy, end, copy.until) {
            // Without room the mistake is not made.
            let _ = self.append_state(number, copy, copy.sender, &report, Held::Stepped(None));
        }
    }

    /// Writes M-Delivery.ind of an end `at` so many seconds after 1970. `false` where there is no way to say whom it is
    /// about.
    pub(crate) fn write_delivery_report(
        &self,
        out: &mut Vec<u8>,
        copy: &Recipient,
        end: End,
        at: u32,
    ) -> bool {
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
        DeliveryInd::new(version, &id, to, u64::from(at), status).write(out);
        true
    }

    /// Writes M-Read-Orig.ind, which goes to who sent the message; `date` is seconds since 1970.
    pub(crate) fn write_read_report(
        &self,
        out: &mut Vec<u8>,
        copy: &Recipient,
        reader: Msisdn,
        date: u64,
        status: ReadStatus,
    ) {
        let id = crate::answer::message_id(copy.message, &self.profile);
        let (sender, reader) = (PlmnText::new(copy.sender), PlmnText::new(reader.digits()));
        let from = Originator::Address(reader.address());
        // Read reports came with 1.1; a 1.0 client that asked for one gets it in the first version that has it.
        let version = sender_version(copy.flags).max(Version::V1_1);
        ReadOrigInd::new(version, &id, sender.address(), from, date, status).write(out);
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
