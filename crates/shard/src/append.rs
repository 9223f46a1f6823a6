//! `Admitted → Pending → Durable`: the accept record is put into the journal; its answer waits for the disk.

use crate::admission::Admitted;
use crate::brain::{Brain, Held};
use crate::request::ReplyTo;
use crate::{Answer, Effect};
use base::{Entropy, MessageId, Msisdn, Parcel, Partition, Reason, Token};
use journal::{AppendRefused, Summed};
use meter::{Counter, Stage};
use mms::Version;
use rand_chacha::ChaCha12Rng;
use rand_core::RngCore;
use smallvec::SmallVec;
use std::sync::Arc;
use store::record::{
    Accept, AcceptRecipient, FLAG_DELIVERY_REPORT, FLAG_FOREIGN_SENDER, FLAG_HIDDEN_SENDER, FLAG_READ_REPORT,
    FLAG_SENDER_1_0, FLAG_SENDER_1_1, Source,
};
use store::via::PeerMark;
use store::{AtHand, Octets};

/// The shard's generator as a source of tokens.
struct Random<'r>(&'r mut ChaCha12Rng);

impl Entropy for Random<'_> {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

/// What an answer to a submission needs of it.
#[derive(Clone, Debug)]
pub(crate) struct Conf {
    /// The request's type, which decides whose answer it is.
    pub(crate) pdu_type: u8,
    pub(crate) transaction_id: SmallVec<[u8; 24]>,
    /// The version to answer in.
    pub(crate) version: Version,
}

/// A message on its way to the disk.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) reply: ReplyTo,
    pub(crate) conf: Conf,
    pub(crate) message: MessageId,
    /// Nothing for a repeat, whose delivery is the first one's.
    pub(crate) delivery: Option<(Accept, AtHand)>,
    /// The copy that was forwarded, and of which message.
    pub(crate) forwarded: Option<(u32, MessageId)>,
}

/// A submission with its answer's needs.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) reply: ReplyTo,
    pub(crate) conf: Conf,
    pub(crate) forwarded: Option<(u32, MessageId)>,
}

impl Submission {
    fn accepted(self, message: MessageId, delivery: Option<(Accept, AtHand)>) -> Accepted {
        Accepted {
            reply: self.reply,
            conf: self.conf,
            message,
            delivery,
            forwarded: self.forwarded,
        }
    }
}

/// What became of a submission that could not be appended now.
pub(crate) enum Unappended {
    /// It was refused, and its answer sent.
    Refused,
    /// There is no room until a completion: try the same again then.
    Later(Parcel),
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Appends what was admitted; or answers a repeat as the first one was.
    pub(crate) fn append(
        &mut self,
        draft: Draft,
        pdu: Parcel,
        submission: Submission,
    ) -> Result<(), Box<(Unappended, Submission)>> {
        let oldest = self.remembered_since(Source::Subscriber);
        let first = self.store.messages.find_repeat(draft.sender, draft.repeat_key);
        if let Some(first) = first.filter(|first| first.accepted_at > oldest) {
            let mut accepted = submission.accepted(first.id, None);
            self.lap(&mut accepted.reply, Stage::Append);
            // The first may still be on its way: the repeat waits for everything appended so far.
            let pending = self.store.behind_all(Held::Repeated(Box::new(accepted)));
            self.waiting.push_back(pending);
            return Ok(());
        }
        // What ends the PDU is the content, unless something was put behind it.
        let content_octets = pdu.len().checked_sub(draft.content_offset as usize);
        let summed = Some(draft.content).filter(|content| content_octets == Some(content.octets as usize));
        let accept = self.accept_record(draft);
        let message = MessageId::from_bits(accept.message);
        match self.store.accept(&accept, (&pdu, summed), ()) {
            Ok(pending) => {
                self.meter.count(Counter::JournalRecords);
                self.meter.add(Counter::OctetsCopied, pdu.len() as u64);
                let at_hand = self.keep_at_hand(&accept, pdu);
                let accepted = submission.accepted(message, Some((accept, at_hand)));
                let mut accepted = Box::new(accepted);
                self.lap(&mut accepted.reply, Stage::Append);
                let pending = pending.map(|()| Held::Accepted(accepted));
                self.waiting.push_back(pending);
                Ok(())
            }
            Err((refused, ())) if self.has_room_soon(refused) => {
                self.blocked = true;
                Err(Box::new((Unappended::Later(pdu), submission)))
            }
            Err((refused, ())) => {
                self.meter.count(Counter::JournalRefused);
                let answer = submission.conf.refused(reason_of(refused));
                self.refuse(submission.reply, answer);
                Err(Box::new((Unappended::Refused, submission)))
            }
        }
    }

    /// Keeps of a PDU that was just appended what is asked for next: all of it if it is to stay at hand, else what
    /// stands before its content, which the first notification is written from. The buffer it came in goes back.
    pub(crate) fn keep_at_hand(&mut self, accept: &Accept, pdu: Parcel) -> AtHand {
        let leaving = self.copies_leaving(accept);
        let leaves = leaving > 0 && self.store.recent.lets_leave(pdu.len(), self.now);
        let is_for_phones = usize::from(leaving) < accept.recipients.len();
        let stays = (is_for_phones || !leaves) && self.store.recent.takes(pdu.len(), self.now);
        let (kept, spent) = match pdu.get(..accept.content_offset as usize) {
            Some(head) if !(stays || leaves) => (head.to_vec(), pdu.into_spent()),
            _ => pdu.unpack(),
        };
        if let Some(spent) = spent {
            self.meter.add(Counter::OctetsCopied, kept.len() as u64);
            self.effects.push(Effect::Spent(spent));
        }
        let octets = Octets::whole(Arc::new(kept));
        let message = MessageId::from_bits(accept.message);
        if stays {
            self.store.recent.insert(message, &octets, self.now);
        }
        if leaves {
            self.store
                .recent
                .insert_leaving(message, &octets, leaving, self.now);
        }
        AtHand {
            octets,
            size_octets: Some(accept.size_octets),
        }
    }

    /// How many copies of a message that was just appended are about to leave in mails. What another operator
    /// brought is read with its record.
    fn copies_leaving(&self, accept: &Accept) -> u16 {
        if self.relays.lanes.is_empty() || accept.flags & FLAG_FOREIGN_SENDER != 0 {
            return 0;
        }
        let leaves = |number: u64| {
            let peer = self
                .routes
                .peers()
                .profile(self.peer_of(Msisdn::from_bits(number)?)?)?;
            Some(self.relays.lanes.get(&PeerMark::of(&peer.name))?.queue.moves())
        };
        let leaving = accept
            .recipients
            .iter()
            .filter(|to| leaves(to.number) == Some(true));
        u16::try_from(leaving.count()).unwrap_or(u16::MAX)
    }

    /// Whether what was refused may be taken within moments: after the next completion; or, just after a start, when
    /// the first segments are ready.
    pub(crate) fn has_room_soon(&self, refused: AppendRefused) -> bool {
        match refused {
            AppendRefused::NoBuffer => true,
            AppendRefused::Watermark | AppendRefused::NoSegment => {
                let journal = &self.store.journal;
                let payload_octets = journal.settings().geometry().payload_octets();
                let filled = journal.octets_left() / u64::from(payload_octets);
                let segments = journal.segments().count() as u64 + filled;
                let may_grow = segments < u64::from(journal.settings().draft().segments_max);
                may_grow && self.wheel.current() < self.warm_until
            }
            _ => false,
        }
    }

    pub(crate) fn refuse(&mut self, reply: ReplyTo, answer: Answer) {
        self.meter.count(Counter::SendRefused);
        self.turn_down(reply, answer);
    }

    fn accept_record(&mut self, draft: Draft) -> Accept {
        let partition = Msisdn::from_bits(draft.sender).map_or_else(Partition::default, Partition::of);
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let mut recipients = Vec::with_capacity(draft.recipients.len());
        for (number, field) in &draft.recipients {
            recipients.push(draw_recipient(&mut self.random, *number, *field));
        }
        Accept {
            message: MessageId::new(partition, sequence).bits(),
            sender: draft.sender,
            accepted_at: draft.accepted_at,
            deliver_at: draft.deliver_at,
            expiry: draft.expiry,
            flags: draft.flags,
            content_offset: draft.content_offset,
            size_octets: draft.size_octets,
            repeat_key: draft.repeat_key,
            recipients,
        }
    }
}

/// A recipient with a secret of its own.
pub(crate) fn draw_recipient(random: &mut ChaCha12Rng, number: u64, field: u16) -> AcceptRecipient {
    let token = Token::draw(&mut Random(random)).0;
    AcceptRecipient { number, token, field }
}

/// What an accept record is made of, free of the request's buffer.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) sender: u64,
    accepted_at: u32,
    deliver_at: u32,
    expiry: u32,
    flags: u16,
    content_offset: u32,
    size_octets: u32,
    pub(crate) repeat_key: u64,
    content: Summed,
    recipients: SmallVec<[(u64, u16); 2]>,
    /// Where a Date belongs in a PDU that came without one.
    undated_at: Option<usize>,
}

/// Octets of a Date field: its code, a length of 4, and the seconds.
const DATE_OCTETS: u32 = 6;

impl Draft {
    pub(crate) fn of(admitted: &Admitted<'_>, now: base::WallSeconds) -> Draft {
        let terms = &admitted.terms;
        let mut flags = 0;
        for (flag, holds) in [
            (FLAG_DELIVERY_REPORT, terms.delivery_report),
            (FLAG_READ_REPORT, terms.read_report),
            (FLAG_HIDDEN_SENDER, terms.hidden),
            (FLAG_SENDER_1_0, admitted.send.version.minor() == 0),
            (FLAG_SENDER_1_1, admitted.send.version.minor() == 1),
        ] {
            flags |= if holds { flag } else { 0 };
        }
        let content = &admitted.send.content;
        let number = |number: Option<Msisdn>| number.map_or(0, Msisdn::digits);
        Draft {
            sender: admitted.sender.digits(),
            accepted_at: now.0,
            deliver_at: terms.deliver_at.0,
            expiry: terms.expiry.0,
            flags,
            content_offset: u32::try_from(content.offset).unwrap_or(u32::MAX),
            size_octets: admitted.size_octets,
            repeat_key: admitted.repeat_key,
            content: admitted.content,
            recipients: admitted
                .recipients
                .iter()
                .map(|found| (number(found.number), found.field))
                .collect(),
            // In front of Content-Type, which is the last field: one octet, then its value.
            undated_at: match admitted.send.date_unix_s {
                None => content.offset.checked_sub(content.content_type.raw.len() + 1),
                Some(_) => None,
            },
        }
    }

    /// Puts the time of acceptance into a PDU that came without Date, so that every retrieval says the same (OMA
    /// MMS-ENC, M-Send.req: the server inserts Date when it is missing).
    pub(crate) fn date(&mut self, pdu: &mut Parcel) {
        let Some(at) = self.undated_at.take().filter(|&at| at <= pdu.len()) else {
            return;
        };
        let [a, b, c, d] = self.accepted_at.to_be_bytes();
        pdu.insert(at, &[mms::field::DATE, 4, a, b, c, d]);
        self.content_offset += DATE_OCTETS;
    }
}

pub(crate) fn reason_of(refused: AppendRefused) -> Reason {
    match refused {
        AppendRefused::Watermark | AppendRefused::NoSegment => Reason::LogFull,
        AppendRefused::NoBuffer => Reason::Busy,
        AppendRefused::TooLong { .. } => Reason::ContentTooLarge,
        AppendRefused::Stopped | AppendRefused::ReadOnly => Reason::LogFailed,
    }
}
