//! Another operator in the lab: settings that name it, and mails that it brings, read as the edge reads them.
//!
//! What a brain sends it is a value that the topics look at; what it answers is a verdict that they choose.

use crate::phone::number;
use crate::world::{Shape, World};
use base::Reason;
use shard::arrival::{Envelope, Refused, What, read};
use shard::{Arrival, Content};

/// What these settings say, of this version.
pub(super) fn profile_of(text: &str, version: u64) -> profile::Profile {
    let settings = profile::parse(text).expect("settings");
    profile::compile(&settings, version, ([127, 0, 0, 1], 8_190).into())
}

/// A world of these settings, whose waits are those of the schedule.
pub(super) fn shape_of(text: &str) -> Shape {
    let mut profile = profile_of(text, 1);
    profile.notify.jitter_percent = 0;
    Shape {
        profile,
        ..Shape::default()
    }
}

/// What the edge makes of a mail that a peer brings for these recipients.
pub(super) fn understood(world: &World, peer: &str, mail: &str, to: &[&str]) -> Result<What, Refused> {
    let routes = world.routes.current();
    let recipients: Vec<_> = to.iter().map(|to| number(to)).collect();
    let envelope = Envelope {
        peer: routes.peers().find(peer).expect("a peer"),
        recipients: &recipients,
        routes: &routes,
        profile: &world.shape.profile,
        now: world.wall(),
    };
    read(mail.as_bytes(), &envelope)
}

/// A peer brings a mail; how it is answered.
pub(super) fn bring(world: &mut World, peer: &str, mail: &str, to: &[&str]) -> Result<(), Reason> {
    let what = understood(world, peer, mail, to).map_err(|refused| refused.reason)?;
    let slot = world.bring(|reply_to| Arrival {
        reply_to,
        peer: peer.into(),
        what,
    });
    world.settle();
    match world.answers.remove(&slot).expect("an answer").content {
        Content::Verdict(verdict) => verdict,
        other => panic!("{other:?}"),
    }
}
