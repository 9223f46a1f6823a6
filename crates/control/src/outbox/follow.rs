//! The follower: a thread that reads the source, gives numbers, fills the index.
//!
//! Between [`source`](super::source) and [`index`](super::index). Invariant: a push is shown only after its stretch is
//! in the order's file; a source or a file that fails stops the outbox and nothing else.

use crate::outbox::index::Shown;
use crate::outbox::order::Order;
use crate::outbox::source::{Next, PushSource, Stretch};
use crate::state::{Outbox, State};
use axum::body::Bytes;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the source may wait in one go: the longest time that a stop takes.
const WAIT: Duration = Duration::from_millis(200);

/// Starts the thread; it ends when `state` says stop, or with the source.
pub(crate) fn spawn(
    state: Arc<State>,
    mut source: Box<dyn PushSource>,
    mut order: Order,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("outbox".to_owned())
        .spawn(move || {
            while !state.stopping() {
                if let Err(error) = step(&state, source.as_mut(), &mut order) {
                    eprintln!("outbox: stopped, its journals or its order can't be read: {error}");
                    state.set_outbox(Outbox::Failed);
                    return;
                }
            }
        })
}

/// Takes one thing from the source.
fn step(state: &State, source: &mut dyn PushSource, order: &mut Order) -> io::Result<()> {
    // Until all that was there is read, nothing is waited for.
    let wait = if state.outbox() == Outbox::Rebuilding {
        Duration::ZERO
    } else {
        WAIT
    };
    match source.next(wait)? {
        Next::Nothing => state.outbox_complete(),
        Next::Stretch(stretch) => show(state, stretch, order)?,
    }
    Ok(())
}

fn show(state: &State, stretch: Stretch, order: &mut Order) -> io::Result<()> {
    if stretch.pushes.is_empty() {
        return Ok(());
    }
    let seq_min = order.seq_min();
    order.extend(stretch.journal, stretch.from, stretch.to)?;
    let mut index = state.index();
    for push in stretch.pushes {
        if let Some(seq) = order.seq(stretch.journal, push.lsn) {
            index.insert(
                push.number,
                Shown {
                    seq,
                    pdu: Bytes::from(push.pdu),
                },
            );
        }
    }
    if order.seq_min() > seq_min {
        index.forget_below(order.seq_min());
    }
    Ok(())
}
