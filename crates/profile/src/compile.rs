//! Settings to a snapshot, and one file's settings to a running process's.
//!
//! Last in the flow of this crate. Invariant: it can't fail, since settings are in range and keep their relations; what
//! only a start can change is kept from the running ones.

use crate::local::LocalRanges;
use crate::peers::Peers;
use crate::pushing::{self, Push};
use crate::settings::{Settings, TABLE};
use crate::snapshot::{Identity, Mm1, Mm4, Notify, Overload, Profile, Retrieve};
use crate::table::Reload;
use base::NumberingPlan;
use std::net::SocketAddr;
use std::sync::Arc;

/// Makes the snapshot. `mm1` is the address that the first listener for phones got: retrieval URLs point there where no
/// base is set.
#[must_use]
pub fn compile(settings: &Settings, version: u64, mm1: SocketAddr) -> Profile {
    let numbering = &settings.numbering;
    Profile {
        version,
        identity: Identity {
            headers: settings.identity.headers.clone(),
            gateways: settings.identity.gateways.clone(),
        },
        mm1: mm1_of(settings, mm1),
        mm4: mm4_of(settings),
        notify: Notify {
            schedule_s: settings.notify.schedule_s.clone(),
            jitter_percent: settings.notify.jitter_percent,
            place_ms: milliseconds(settings.notify.place_s),
            resume_per_s: settings.notify.resume_per_s,
        },
        push: Push {
            bearer: pushing::bearer(settings),
            routes: pushing::routes(settings).into(),
            told_s: settings.report.told_s,
        },
        retrieve: Retrieve {
            unanswered_ms: milliseconds(settings.retrieve.unanswered_s),
            again_ms: milliseconds(settings.retrieve.again_s),
            read_report_s: settings.report.read_s,
            delivered_on_fetch: settings.retrieve.delivered_on_fetch,
        },
        overload: Overload {
            patience_ms: settings.overload.slo_ms / 2,
            target_ms: settings.overload.target_ms,
            interval_ms: settings.overload.interval_ms,
            memory_percent: settings.overload.memory_percent,
            refusals_per_s: settings.overload.refusals_per_s,
        },
        numbering: NumberingPlan {
            country_code: numbering.country_code.clone(),
            national_prefix: numbering.national_prefix.clone(),
            international_prefix: numbering.international_prefix.clone(),
        },
        local_ranges: LocalRanges::new(&numbering.local_ranges),
        peers: Arc::new(Peers::new(settings)),
    }
}

fn mm1_of(settings: &Settings, address: SocketAddr) -> Mm1 {
    let mm1 = &settings.mm1;
    let retrieval_base = match mm1.retrieval_base.as_str() {
        "" => format!("http://{address}/"),
        base => base.to_owned(),
    };
    Mm1 {
        message_octets_max: mm1.message_octets_max,
        recipients_max: mm1.recipients_max,
        expiry_max_s: settings.send.expiry_max_s,
        expiry_min_s: settings.send.expiry_min_s,
        dedup_s: settings.send.dedup_s,
        sender_hiding: mm1.sender_hiding,
        mailbox_messages_max: mm1.mailbox_messages_max,
        retrieval_base,
        domain: mm1.domain.clone(),
    }
}

fn mm4_of(settings: &Settings) -> Mm4 {
    let mm4 = &settings.mm4;
    let domain = match mm4.domain.as_str() {
        "" => &settings.mm1.domain,
        domain => domain,
    };
    Mm4 {
        domain: domain.to_ascii_lowercase(),
        system_user: mm4.system_user.clone(),
        repeats_s: mm4.repeats_s,
        mail_octets_max: mm4.mail_octets_max,
        recipients_max: mm4.recipients_max,
        hops_max: mm4.hops_max,
        forwards_max: mm4.forwards_max,
    }
}

/// Timers are at most a day where they are counted in milliseconds, which fits.
fn milliseconds(seconds: u32) -> u32 {
    seconds.saturating_mul(1_000)
}

/// What a reload makes of `fresh` in a process that runs with `running`: the live settings of the one, the others of
/// the other, and the names of those that differ and wait for a start.
#[must_use]
pub fn reloaded(running: &Settings, fresh: &Settings) -> (Settings, Vec<&'static str>) {
    let mut next = fresh.clone();
    let mut waiting = Vec::new();
    for setting in TABLE.iter().filter(|setting| setting.reload == Reload::Restart) {
        let (old, new) = (running.value(setting.name), fresh.value(setting.name));
        if old != new {
            waiting.push(setting.name);
            // Within range, since it was read once: putting it can't be refused.
            let _ = old.is_some_and(|old| next.put(setting, &old));
        }
    }
    // Links are built at a start, and pushes under way are counted by their routes.
    if running.smscs != fresh.smscs {
        next.smscs.clone_from(&running.smscs);
        waiting.push("smsc");
    }
    if running.paps != fresh.paps {
        next.paps.clone_from(&running.paps);
        waiting.push("pap");
    }
    (next, waiting)
}

#[cfg(test)]
mod tests;
