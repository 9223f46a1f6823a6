//! One mail: its envelope as it was judged, and its octets as they come.
//!
//! Between the session's steps and `shard::arrival`. Invariants: the octets are counted in the shard's memory for
//! requests while they are kept; of a mail that there is no memory for nothing more is kept, and it is refused at its
//! end; a peer is kept by its name, since another snapshot of routes may come between two commands.

use super::Mmsc;
use super::verdict::{self, Recipient, Sent};
use crate::buffers::{Full, Share};
use crate::clock::stamp;
use base::{Clock, MessageId, Msisdn, Reason};
use meter::{Class, Counter, Laps, Stage, Stamp};
use profile::PeerId;
use route::Routes;
use route::trust::{Caller, Channel, peer_of};
use shard::arrival::{self, Arrival, Envelope, Named, Refused, Says, What, Word};
use shard::{PeerMark, ReplyTo};
use std::sync::Arc;

/// Octets that a mail is given room for at once, whatever it declares: a photograph of common size in base64.
const FIRST_OCTETS_MAX: u64 = 256 << 10;

/// Octets of room that is kept for the next mail.
const KEPT_OCTETS_MAX: usize = 256 << 10;

/// A mail on its way in.
pub(super) struct Transaction {
    share: Share,
    peer: Option<Arc<str>>,
    recipients: Vec<Msisdn>,
    is_for_system: bool,
    /// Its reverse path is no number.
    is_from_system: bool,
    /// A recipient was taken of whom only reports may speak.
    is_for_reports: bool,
    octets: Vec<u8>,
    declared: u64,
    refusal: Option<Reason>,
    began: Stamp,
}

impl Transaction {
    pub(super) fn new(share: Share) -> Transaction {
        Transaction {
            share,
            peer: None,
            recipients: Vec::new(),
            is_for_system: false,
            is_from_system: false,
            is_for_reports: false,
            octets: Vec::new(),
            declared: 0,
            refusal: None,
            began: stamp(),
        }
    }

    /// MAIL said how large the mail is, perhaps.
    pub(super) fn declare(&mut self, size_octets: Option<u64>) {
        self.forget();
        self.declared = size_octets.unwrap_or(0);
    }

    /// The octets are about to come.
    pub(super) fn begin(&mut self, began: Stamp) {
        self.began = began;
        let first = usize::try_from(self.declared.min(FIRST_OCTETS_MAX)).unwrap_or(0);
        self.octets.reserve(first);
    }

    /// Keeps a piece; `others` are the connection's other octets.
    ///
    /// # Errors
    /// [`Full`], the first time that there is no memory for it.
    pub(super) fn take(&mut self, piece: &[u8], others: u64) -> Result<(), Full> {
        if self.refusal.is_some() {
            return Ok(());
        }
        let octets = self.octets.capacity().max(self.octets.len() + piece.len());
        match self.share.resize(others.saturating_add(octets as u64)) {
            Ok(()) => {
                self.octets.extend_from_slice(piece);
                Ok(())
            }
            Err(full) => {
                self.octets = Vec::new();
                self.refusal = Some(Reason::Busy);
                Err(full)
            }
        }
    }

    /// The mail is over, whatever became of it.
    pub(super) fn forget(&mut self) {
        self.peer = None;
        self.recipients.clear();
        self.is_for_system = false;
        self.is_from_system = false;
        self.is_for_reports = false;
        self.declared = 0;
        self.refusal = None;
        self.octets.clear();
        if self.octets.capacity() > KEPT_OCTETS_MAX {
            self.octets = Vec::new();
        }
        // Giving back always works; a connection without a mail holds little.
        let _ = self.share.resize(self.octets.capacity() as u64);
    }
}

/// What is refused of a mail whose peer wants a response is said in one, and the mail is taken; else it is refused in
/// SMTP's words.
fn in_its_own_words(refused: Refused) -> Result<What, Reason> {
    let owed = refused.response.ok_or(refused.reason)?;
    Ok(What::Word(Box::new(Word {
        message: Named::Ours(MessageId::from_bits(0)),
        says: Says::Nothing,
        owed: Some(owed),
    })))
}

impl Mmsc {
    /// The verdict on MAIL: who is connected, and whether they may say that a message comes from there.
    pub(super) fn mail(&mut self, from: Option<&str>) -> Result<(), Reason> {
        if self.hands.is_overloaded() {
            self.hands.meter.count(Counter::OverloadRefused);
            return Err(Reason::Busy);
        }
        let routes = self.routes()?;
        let names: Vec<&str> = self.certificate_names.iter().map(String::as_str).collect();
        let caller = Caller {
            source: self.source,
            helo: self.session.peer_name(),
            channel: match self.session.is_tls() {
                true => Channel::Tls(&names),
                false => Channel::Plain,
            },
        };
        let peer = peer_of(routes.peers(), &caller).map_err(|stranger| stranger.reason())?;
        if let Some(path) = from {
            verdict::sender(&routes, peer, path)?;
        }
        let profile = routes.peers().profile(peer).ok_or(Reason::PeerUnknown)?;
        let (mark, now) = (PeerMark::of(&profile.name), self.hands.clock.now().monotonic);
        if !self.terms.paces.admit(mark, profile.pace.arrivals_per_s_max, now) {
            return Err(Reason::RateExceeded);
        }
        self.transaction.peer = Some(Arc::from(profile.name.as_str()));
        self.transaction.is_from_system = verdict::is_from_system(from);
        Ok(())
    }

    /// The verdict on RCPT.
    pub(super) fn recipient(&mut self, path: &str) -> Result<(), Reason> {
        let routes = self.routes()?;
        let (_, peer) = self.peer(&routes)?;
        let sent = Sent {
            peer,
            declared_octets: self.transaction.declared,
            is_from_system: self.transaction.is_from_system,
        };
        match verdict::recipient(&routes, &self.hands.profile(), sent, path)? {
            Recipient::Reports => self.transaction.is_for_reports = true,
            Recipient::System => self.transaction.is_for_system = true,
            Recipient::Number(number) => {
                if !self.transaction.recipients.contains(&number) {
                    self.transaction.recipients.push(number);
                }
            }
        }
        Ok(())
    }

    /// The mail is whole: it is read, brought home, and the answer awaited.
    pub(super) async fn end(&mut self) -> Result<(), Reason> {
        if let Some(reason) = self.transaction.refusal {
            return Err(reason);
        }
        let mut laps = Laps::begin(self.transaction.began, Class::Mm4Refused);
        laps.lap(Stage::Accept, stamp());
        let arrival = self.read(&mut laps)?;
        self.pass_on(arrival)?;
        self.answered(&mut laps).await
    }

    fn read(&self, laps: &mut Laps) -> Result<Box<Arrival>, Reason> {
        let routes = self.routes()?;
        let (name, peer) = self.peer(&routes)?;
        let envelope = Envelope {
            peer,
            recipients: &self.transaction.recipients,
            routes: &routes,
            profile: &self.hands.profile(),
            now: self.hands.clock.now().wall.seconds(),
        };
        let read = arrival::read(&self.transaction.octets, &envelope);
        laps.lap(Stage::Parse, stamp());
        let what = match read {
            Ok(What::Forward(_)) if self.transaction.is_for_reports => return Err(Reason::RelationDenied),
            Ok(what) => what,
            Err(refused) => in_its_own_words(refused)?,
        };
        Ok(Box::new(Arrival {
            reply_to: ReplyTo {
                shard: self.hands.own,
                slot: self.id.index,
                generation: self.id.generation,
                laps: *laps,
            },
            peer: Arc::clone(name),
            what,
        }))
    }

    fn pass_on(&self, arrival: Box<Arrival>) -> Result<(), Reason> {
        let home = arrival.home().home(self.hands.shards);
        self.hands.arrive(home, arrival)
    }

    fn routes(&self) -> Result<Arc<Routes>, Reason> {
        self.hands.mm4.routes().ok_or(Reason::PeerUnknown)
    }

    /// Who brings the mail, in these routes.
    fn peer(&self, routes: &Routes) -> Result<(&Arc<str>, PeerId), Reason> {
        let name = self.transaction.peer.as_ref().ok_or(Reason::PeerUnknown)?;
        let peer = routes.peers().find(name).ok_or(Reason::PeerUnknown)?;
        Ok((name, peer))
    }
}
