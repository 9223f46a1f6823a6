//! What an SMSC sends: answers to our requests, receipts, tests, goodbyes.
//!
//! Part of the session. Invariants: every request is answered once, in order; an answer to nothing that is outstanding
//! changes nothing; what can't be framed ends the link.

use base::Monotonic;

use super::{Action, Loss, Session};
use crate::smpp::frame::{self, Frame, Head, RESPONSE, command};
use crate::smpp::phase::{Event, Name, Phase};
use crate::smpp::receipt;
use crate::smpp::receipts::Receipts;
use crate::smpp::{status, write};

impl Session {
    /// Reads PDUs while there are whole ones and room for what they cause.
    pub(super) fn read_all(&mut self, now: Monotonic, receipts: &mut Receipts) {
        let input = std::mem::take(&mut self.input);
        let mut rest = input.as_slice();
        while self.phase.is_connected() && self.is_receiving() {
            match frame::first(rest) {
                Ok(Some(frame)) => {
                    rest = rest.get(frame.octets..).unwrap_or_default();
                    self.enquiry.heard = now;
                    self.read(&frame, now, receipts);
                }
                Ok(None) => break,
                Err(_) => {
                    // Whose it was is unknown, so the sequence_number is zero (SMPP 3.4 §4.3.1).
                    let head = Head {
                        command: command::GENERIC_NACK,
                        status: 0,
                        sequence: 0,
                    };
                    write::answer(&mut self.output, head, status::INVALID_LENGTH);
                    self.lose(Loss::Garbled, now);
                }
            }
        }
        let read = input.len().saturating_sub(rest.len());
        self.input = input;
        self.input.drain(..read);
    }

    fn read(&mut self, frame: &Frame<'_>, now: Monotonic, receipts: &mut Receipts) {
        let head = frame.head;
        match head.command {
            command::GENERIC_NACK => self.nacked(head, now, receipts),
            command::ENQUIRE_LINK => write::answer(&mut self.output, head, status::OK),
            command::UNBIND => {
                write::answer(&mut self.output, head, status::OK);
                self.lose(Loss::Unbound, now);
            }
            command::DELIVER_SM | command::DATA_SM => self.delivered(frame, now, receipts),
            command::ALERT_NOTIFICATION => {
                let phone = frame::alert_notification(frame.body).and_then(receipt::phone);
                self.actions.extend(phone.map(Action::Reachable));
            }
            answer if answer & RESPONSE != 0 => self.answered(frame, now, receipts),
            _ => write::answer(&mut self.output, head, status::INVALID_COMMAND),
        }
    }

    fn answered(&mut self, frame: &Frame<'_>, now: Monotonic, receipts: &mut Receipts) {
        let head = frame.head;
        match head.command & !RESPONSE {
            command::SUBMIT_SM => {
                let id = frame::message_id(frame.body);
                self.submitted(head.sequence, head.status, id, now, receipts);
            }
            command::ENQUIRE_LINK => self.enquiry_answered(head.sequence),
            command::UNBIND if self.phase.name() == Name::Unbinding => {
                self.go(Event::Unbound, Phase::Ended);
                self.actions.extend([Action::Close(Loss::Retired), Action::Ended]);
            }
            bind if bind == self.settings.bind.command() => self.bound(head.status, now),
            _ => {}
        }
    }

    fn enquiry_answered(&mut self, sequence: u32) {
        if self.enquiry.asked.is_some_and(|(asked, _)| asked == sequence) {
            self.enquiry.asked = None;
        }
    }

    fn bound(&mut self, status: u32, now: Monotonic) {
        if self.phase.name() != Name::Binding {
            return;
        }
        if status != status::OK {
            return self.lose(Loss::BindRefused(status), now);
        }
        self.go(Event::Accepted, Phase::Bound { since: now });
        self.actions.push_back(Action::Bound);
    }

    /// A generic_nack answers whatever has its sequence_number; one with zero says that framing is lost.
    fn nacked(&mut self, head: Head, now: Monotonic, receipts: &mut Receipts) {
        match self.phase.name() {
            Name::Binding => self.lose(Loss::BindRefused(head.status), now),
            _ if head.sequence == 0 => self.lose(Loss::Garbled, now),
            _ => {
                self.enquiry_answered(head.sequence);
                // A refusal never means that it was taken, whatever the status says.
                let status = match head.status {
                    status::OK => status::INVALID_COMMAND,
                    other => other,
                };
                self.submitted(head.sequence, status, &[], now, receipts);
            }
        }
    }

    fn delivered(&mut self, frame: &Frame<'_>, now: Monotonic, receipts: &mut Receipts) {
        let delivered = match frame.head.command {
            command::DATA_SM => frame::data_sm(frame.body),
            _ => frame::deliver_sm(frame.body),
        };
        let read = delivered.and_then(|delivered| receipt::read(&delivered, self.settings.text_errors));
        let status = match read {
            Some(receipt) => {
                let ended = receipts.receipt(&receipt, now);
                self.report(ended);
                status::OK
            }
            // Somebody's message to our short code, or one that can't be read: nobody here would take it.
            None => status::REFUSED_FOR_GOOD,
        };
        write::answer(&mut self.output, frame.head, status);
    }
}
