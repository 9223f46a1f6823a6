//! Memory, queues and disk stay within their limits, what is not needed any more is let go, and gauges tell the truth.
//!
//! R16. Judged after every step, and once more when every life is over.

use crate::checkers::expect;
use crate::event::{Checker, Event, Scene};
use base::limits;
use meter::Gauge;

/// Everything has a limit.
#[derive(Debug)]
pub(crate) struct Bounds;

impl Checker for Bounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Step => judge(scene),
            Event::Settled => judge_gauges(scene),
            Event::Over => judge_gauges(scene).and_then(|()| judge_end(scene)),
            _ => Ok(()),
        }
    }
}

fn judge(scene: &Scene<'_>) -> Result<(), String> {
    let world = scene.world;
    let mail = world.mail_max();
    expect(mail <= limits::MESH_CREDIT, || {
        format!("{mail} mails to one shard")
    })?;
    let (octets, octets_max) = scene.connection_octets;
    expect(octets <= octets_max, || {
        format!("a connection holds {octets} octets")
    })?;
    for node in &world.nodes {
        let store = node.brain.store();
        let recent = store.recent.octets();
        expect(recent <= world.shape.recent_octets, || {
            format!("{recent} octets of bodies at hand")
        })?;
        let segments = store.journal.segments().count();
        expect(segments <= node.segments_max, || format!("{segments} segments"))?;
        let copies = store.recipients.len() as usize;
        let known: usize = world
            .ledger
            .accepts
            .values()
            .map(|accept| accept.recipients.len())
            .sum();
        expect(copies <= known, || {
            format!("{copies} copies of {known} recipients")
        })?;
    }
    Ok(())
}

/// What operators are shown is what is there (R25).
fn judge_gauges(scene: &Scene<'_>) -> Result<(), String> {
    for node in &scene.world.nodes {
        let copies = &node.brain.store().recipients;
        let all = (0..copies.bound()).filter_map(|number| copies.get(number));
        let waiting = all.filter(|copy| !copy.state.is_ended()).count();
        let shown = node.meter.gauge(Gauge::RecipientsWaiting);
        expect(shown == waiting as u64, || {
            format!("{shown} recipients are shown to wait, {waiting} do")
        })?;
    }
    Ok(())
}

fn judge_end(scene: &Scene<'_>) -> Result<(), String> {
    let world = scene.world;
    let held = world.held_messages();
    expect(held.is_empty(), || {
        format!("{held:x?} are held, and nobody waits for them")
    })?;
    let (pinned, needed) = world.pins();
    expect(pinned == needed, || {
        format!("{pinned} octets are pinned, {needed} needed")
    })?;
    for (index, node) in world.nodes.iter().enumerate() {
        let journal = &node.brain.store().journal;
        let waits = journal.freeable().count();
        expect(waits == 0, || {
            format!("shard {index} leaves {waits} empty segments")
        })?;
    }
    Ok(())
}
