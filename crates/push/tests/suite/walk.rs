//! The steps that walks are made of: a session, its receipts, its time, and what it says as text.
//!
//! Used by `walks`. Invariant: each check names all that was said since the one before.

use base::{Monotonic, Msisdn};
use push::smpp::receipts::Bounds;
use push::smpp::{Action, IdForm, Receipts, Session, Settings};
use push::{Outcome, PushId, Submission};

use crate::smsc;

pub(crate) const PHONE: &str = "447700900123";

pub(crate) fn submission(id: u64, octets: usize) -> Submission {
    Submission {
        id: PushId(id),
        to: Msisdn::from_digits(PHONE.as_bytes()).unwrap(),
        octets: vec![0x5A; octets],
        reference: 7,
        valid_for_s: 300,
    }
}

/// A session, its SMSC's receipts, and the time.
pub(crate) struct Walk {
    pub(crate) session: Session,
    pub(crate) receipts: Receipts,
    pub(crate) now: Monotonic,
    out: Vec<u8>,
}

impl Walk {
    pub(crate) fn new(settings: Settings) -> Self {
        let now = Monotonic(0);
        Self {
            session: Session::new(settings, 42, now).unwrap(),
            receipts: Receipts::new(IdForm::Learn, Bounds::default()),
            now,
            out: Vec::new(),
        }
    }

    /// One that is bound, with sequence_number 1 used.
    pub(crate) fn bound(settings: Settings) -> Self {
        let command = settings.bind.command();
        let mut walk = Self::new(settings);
        walk.tick(0).check(&["connect"]);
        walk.up();
        walk.out.clear();
        walk.session.sent(walk.session.output().len());
        walk.smsc(&smsc::bound(command, 1)).check(&["bound"]);
        walk
    }

    pub(crate) fn tick(&mut self, now: u64) -> &mut Self {
        self.now = Monotonic(now);
        self.session.tick(self.now, &mut self.receipts);
        self
    }

    /// Lets time pass up to the next deadline.
    pub(crate) fn wait(&mut self) -> &mut Self {
        let at = self.session.deadline().unwrap();
        self.tick(at.0.max(self.now.0))
    }

    pub(crate) fn up(&mut self) -> &mut Self {
        self.session.connected(self.now);
        self
    }

    pub(crate) fn down(&mut self) -> &mut Self {
        self.session.disconnected(self.now);
        self
    }

    pub(crate) fn retire(&mut self) -> &mut Self {
        self.session.retire(self.now);
        self
    }

    pub(crate) fn offer(&mut self, id: u64, octets: usize) -> &mut Self {
        self.session.offer(submission(id, octets), self.now).unwrap();
        self
    }

    pub(crate) fn smsc(&mut self, octets: &[u8]) -> &mut Self {
        self.session.received(octets, self.now, &mut self.receipts);
        self
    }

    #[track_caller]
    pub(crate) fn check(&mut self, expected: &[&str]) -> &mut Self {
        self.out.extend_from_slice(self.session.output());
        self.session.sent(self.session.output().len());
        let ours = smsc::split(&mut self.out);
        let mut said: Vec<_> = ours.iter().map(pdu_text).collect();
        said.extend(std::iter::from_fn(|| self.session.action()).map(|action| action_text(&action)));
        assert_eq!(said, expected);
        self
    }
}

fn pdu_text(ours: &smsc::Ours) -> String {
    let name = match ours.command {
        0x01 => "bind_receiver",
        0x02 => "bind_transmitter",
        0x09 => "bind_transceiver",
        0x04 => "submit_sm",
        0x06 => "unbind",
        0x15 => "enquire_link",
        0x8000_0000 => "generic_nack",
        0x8000_0005 => "deliver_sm_resp",
        0x8000_0006 => "unbind_resp",
        0x8000_0015 => "enquire_link_resp",
        _ => "unexpected",
    };
    match ours.status {
        0 => format!("> {name} {}", ours.sequence),
        status => format!("> {name} {} {status:#x}", ours.sequence),
    }
}

fn action_text(action: &Action) -> String {
    match action {
        Action::Connect => "connect".to_owned(),
        Action::Close(loss) => format!("close {loss:?}"),
        Action::Outcome(push, outcome) => match outcome {
            Outcome::Taken { is_receipted: true } => format!("{} taken", push.0),
            Outcome::Taken { is_receipted: false } => format!("{} taken for good", push.0),
            Outcome::Throttled(_) => format!("{} throttled", push.0),
            Outcome::Unanswered(_) => format!("{} unanswered", push.0),
            Outcome::LinkLost(back) => {
                assert_eq!(back.id, *push, "the push itself");
                format!("{} lost", push.0)
            }
            Outcome::Rejected { code } => format!("{} rejected {code:#x}", push.0),
            Outcome::Absent { code } => format!("{} absent {code:?}", push.0),
            end => format!("{} {end:?}", push.0).to_lowercase(),
        },
        Action::Reachable(phone) => format!("reachable {phone}"),
        other => format!("{other:?}").to_lowercase(),
    }
}
