//! Other operators: who serves which number, and what became of the mails that they were sent.
//!
//! Beside `world`, for the tests that hold a peer as a value. Invariants: each mail is answered by who took it; what
//! leaves for peers and operators is told in the order in which it left.

use crate::node::Wish;
use crate::world::World;
use base::MessageId;
use profile::Profile;
use route::Routes;
use shard::{Act, Action, Doing, Input, NotDone, PeerMark, Relayed};
use std::sync::Arc;

/// The routes of a profile without ported numbers.
///
/// # Panics
/// Never: there are none to name a peer that is gone.
#[must_use]
pub fn routes_of(profile: &Profile, version: u64) -> Routes {
    Routes::compile(profile, Arc::default(), version).expect("no ported numbers name a peer")
}

/// What came of an operator's action.
pub type Acted = Result<Arc<Action>, NotDone>;

/// Something that left a shard.
#[derive(Clone, Debug)]
pub enum Left {
    /// A mail for this peer: its message, or none of a response or a report.
    Mail(Arc<str>, Option<u64>),
    /// What came of an operator's action, by its ticket.
    Acted(u32, Acted),
}

impl Left {
    /// Of a wish, where it is one of these.
    pub(super) fn of(wish: &Wish) -> Option<Left> {
        match wish {
            Wish::Relay(relay) => {
                let message = MailHead::of(&relay.mail).message();
                Some(Left::Mail(Arc::clone(&relay.peer), message))
            }
            Wish::Acted(ticket, acted) => Some(Left::Acted(*ticket, acted.clone())),
            Wish::Answer(..) | Wish::Mail(..) | Wish::Push(_) => None,
        }
    }
}

/// The fields of a mail.
#[derive(Clone, Debug)]
pub struct MailHead(String);

impl MailHead {
    /// Of a whole mail.
    #[must_use]
    pub fn of(mail: &[u8]) -> MailHead {
        let end = mail.windows(4).position(|window| window == b"\r\n\r\n");
        let head = String::from_utf8_lossy(&mail[..end.unwrap_or(mail.len())]);
        MailHead(head.replace("\r\n ", " "))
    }

    /// One of them, unfolded; empty where there is none of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> String {
        let mut lines = self.0.split("\r\n");
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_default().to_owned()
    }

    /// The message that it brings, as it is called here: its transaction says it.
    #[must_use]
    pub fn message(&self) -> Option<u64> {
        if self.field("X-Mms-Message-Type") != "MM4_forward.REQ" {
            return None;
        }
        let transaction = self.field("X-Mms-Transaction-ID");
        let (message, _) = transaction.trim_matches('"').split_once('.')?;
        MessageId::from_wire(message.as_bytes()).map(MessageId::bits)
    }
}

impl World {
    /// Other settings of operators hold from now on: shards see them in their next turn.
    ///
    /// # Panics
    /// Never: nobody is told of a version twice.
    pub fn settle_on(&mut self, peers: &Arc<profile::Peers>) {
        self.shape.profile.peers = Arc::clone(peers);
        let version = self.routes.current().version() + 1;
        let routes = Arc::new(routes_of(&self.shape.profile, version));
        self.routes.publish(routes).expect("published");
    }

    /// An operator wants something done to a peer; gives the ticket that [`World::acted`] knows it by.
    pub fn act(&mut self, peer: &str, doing: Doing, reason: &str) -> u32 {
        let ticket = self.acts;
        self.acts += 1;
        let home = PeerMark::of(peer).home(self.shape.shards);
        let act = Act {
            ticket,
            doing,
            peer: Arc::from(peer),
            by: "olga".to_owned(),
            from: "192.0.2.7".to_owned(),
            reason: reason.to_owned(),
        };
        let node = &mut self.nodes[usize::from(home.0)];
        node.inbox.push_back(Input::Act(Box::new(act)));
        ticket
    }

    /// Answers a mail to another operator.
    pub fn relayed(&mut self, index: u16, relayed: Relayed) {
        self.nodes[usize::from(index)]
            .inbox
            .push_back(Input::Relayed(Box::new(relayed)));
    }
}
