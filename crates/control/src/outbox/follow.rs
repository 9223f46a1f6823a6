//! The follower: a thread that reads the source, gives numbers, fills the index, while somebody asks.
//!
//! Between [`source`](super::source) and [`index`](super::index). Invariant: a push is shown only after its stretch is
//! in the order's file; a source or a file that fails stops the outbox and nothing else.

use crate::outbox::index::Shown;
use crate::outbox::order::Order;
use crate::outbox::source::{Next, PushSource, Stretch};
use crate::state::State;
use axum::body::Bytes;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Starts the thread; it ends when `state` says stop, or with the source.
pub(crate) fn spawn(
    state: Arc<State>,
    mut source: Box<dyn PushSource>,
    mut order: Order,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("outbox".to_owned())
        .spawn(move || {
            state.looks.follow(std::thread::current());
            while !state.stopping() {
                let waiters = state.index().waiters();
                if !state.looks.are_wanted(waiters) {
                    source.rest();
                } else if let Err(error) = look(&state, source.as_mut(), &mut order) {
                    eprintln!("outbox: stopped, its journals or its order can't be read: {error}");
                    state.looks.stop();
                    state.index().tell_all();
                    return;
                }
                let waiters = state.index().waiters();
                state.looks.pause(waiters);
            }
        })
}

/// Takes everything that is durable now.
fn look(state: &State, source: &mut dyn PushSource, order: &mut Order) -> io::Result<()> {
    state.looks.begin();
    while let Next::Stretch(stretch) = source.next()? {
        show(state, stretch, order)?;
        if state.stopping() {
            return Ok(());
        }
    }
    state.looks.end();
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
