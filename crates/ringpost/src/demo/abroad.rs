//! The demo's second operator: Alice writes to Anna, whose MMSC is another server.
//!
//! ```text
//!  Alice ── MM1 ──► alpha ── MM4 ──► beta ── MM1 ──► Anna
//!  Alice ◄── M-Delivery.ind ── alpha ◄── MM4_delivery_report ── beta
//! ```
//!
//! Invariant: ports of MM4 were free a moment ago and stay for the whole demo, so that a killed server is found again.

use super::child::{Plan, Server};
use super::{DemoError, Options, Show, at, child, fetch, notified, now, phone, photographed, reported};
use crate::phone::Phone;
use crate::phone::message::Outcome;
use mms::Status;
use std::net::TcpListener;
use std::path::Path;

/// A fictional number of the other operator (of those kept for fiction).
pub(super) const ANNA: &str = "15550101";

/// What the two servers are started with: the demo's own, and the other operator's.
pub(super) fn plans(folder: &Path) -> Result<[Plan; 2], DemoError> {
    let ports = [free_port()?, free_port()?];
    let plan = |own: usize, name: &str, range: &str, other: &str, their_range: &str| Plan {
        folder: match own {
            0 => folder.to_owned(),
            _ => folder.join(name),
        },
        mm4: format!("127.0.0.1:{}", ports.get(own).copied().unwrap_or(0)),
        more: format!(
            "[mm4]\ndomain = \"mms.{name}.example\"\n[numbering]\nlocal_ranges = [\"{range}\"]\n\
             [[peer]]\nname = \"{other}\"\ndomains = [\"mms.{other}.example\"]\nranges = [\"{their_range}\"]\n\
             hosts = [\"127.0.0.1:{}\"]\nsources = [\"127.0.0.1\"]\n",
            ports.get(1 - own).copied().unwrap_or(0)
        ),
    };
    Ok([
        plan(0, "alpha", "+4477009000", "beta", "+155501"),
        plan(1, "beta", "+155501", "alpha", "+4477009000"),
    ])
}

fn free_port() -> Result<u16, DemoError> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Alice sends Anna the photograph, Anna's phone fetches it from her own operator, and Alice hears of it.
pub(super) fn play(
    options: &Options,
    plan: &Plan,
    alice: &mut Phone,
    photograph: &[u8],
    show: &mut Show<'_>,
) -> Result<(), DemoError> {
    let begun = now();
    let server = Server::start(&options.program, plan)?;
    let text = format!("another operator's server listens at {}", server.mmsc);
    show.step("ready", &text, begun.elapsed());
    let mut anna = phone(ANNA, &server)?;
    let begun = now();
    let sent = alice
        .send(&photographed(&[ANNA], photograph))
        .map_err(at("Alice sends to Anna"))?;
    let text = format!("Alice sent it to Anna, abroad: accepted as {}", sent.message_id);
    show.step("sent", &text, begun.elapsed());
    let notification = notified(&mut anna, "Anna", show)?;
    fetch(&mut anna, "Anna", &notification, photograph, show)?;
    let outcome = Outcome::Delivery(Status::Retrieved);
    reported(alice, &sent.message_id, ANNA, outcome, show)?;
    let begun = now();
    server.terminate()?;
    show.step("drained", "the other operator's server stopped", begun.elapsed());
    let begun = now();
    let verdict = child::verify(&options.program, &plan.folder)?;
    show.step("verified", &verdict, begun.elapsed());
    Ok(())
}
