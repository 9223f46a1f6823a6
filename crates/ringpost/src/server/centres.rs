//! `[[smsc]]` and `[[pap]]` as plans of links, in the terms of the crate `push`.
//!
//! Beside `convert`. Invariants: only the bearer that is set gets links; a password is read once, at the start, and
//! stands in no message; what does not fit a field of the protocol is refused here by its name.

use super::StartError;
use base::Monotonic;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use control::Link;
use engine::{Authorization, Board, Centres, LinkRow, PapPlan, SmscPlan};
use profile::{PapEntry, Settings, SmscEntry};
use push::smpp::receipts::Bounds;
use push::smpp::{self, Bind, Carriage, Credentials, IdForm, ReceiptsAsked, Source, TextErrors, limits};
use push::wdp::Reference;
use std::path::Path;
use std::sync::Arc;

/// Octets of a password file that are read: one line.
const PASSWORD_FILE_OCTETS_MAX: u64 = 4_096;

/// Who carries pushes; nobody with the outbox.
pub(super) fn plan(settings: &Settings) -> Result<Option<Arc<Centres>>, StartError> {
    let centres = match settings.process.push.as_str() {
        "smpp" => Centres::new(
            settings.smscs.iter().map(smsc).collect::<Result<_, _>>()?,
            Vec::new(),
        ),
        "pap" => {
            let pap = |entry| pap(entry, &settings.mm1.domain);
            Centres::new(
                Vec::new(),
                settings.paps.iter().map(pap).collect::<Result<_, _>>()?,
            )
        }
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(centres)))
}

/// What operators see of the links.
pub(super) fn links(centres: Option<&Arc<Centres>>) -> control::Links {
    let board: Option<Arc<Board>> = centres.map(|centres| Arc::clone(&centres.board));
    Box::new(move || {
        let rows = board.as_ref().map(|board| board.rows()).unwrap_or_default();
        rows.into_iter().map(link).collect()
    })
}

fn link(row: LinkRow) -> Link {
    Link {
        state: row.stage.word(),
        centre: row.centre,
        link: row.link,
        kind: row.kind,
        window: row.window,
        outstanding: row.outstanding,
        rate_per_s: row.rate_per_s,
        taken_per_s: row.taken_per_s,
        waiting: row.waiting,
        taken: row.taken,
        refused: row.refused,
        throttled: row.throttled,
        unanswered: row.unanswered,
        receipts: row.receipts,
        lost: row.lost,
        error: row.error,
    }
}

fn smsc(entry: &SmscEntry) -> Result<SmscPlan, StartError> {
    let password = password("smsc", &entry.name, &entry.password_file)?;
    let submits = match entry.bind.as_str() {
        "transceiver" => Bind::Transceiver,
        _ => Bind::Transmitter,
    };
    let mut binds = vec![submits; usize::from(entry.links)];
    if entry.bind == "transmitter_and_receiver" {
        binds.push(Bind::Receiver);
    }
    let mut links = Vec::new();
    for bind in binds {
        let settings = session(entry, bind, &password);
        let checked = smpp::Session::new(settings.clone(), 0, Monotonic(0));
        checked.map_err(|unfit| {
            StartError::Settings(format!("smsc {}: {} does not fit SMPP", entry.name, unfit.name))
        })?;
        links.push(settings);
    }
    Ok(SmscPlan {
        name: entry.name.clone(),
        host: (entry.host.clone(), entry.port),
        links,
        receipts: Bounds {
            pushes_max: entry.receipts_max,
            late_ms: entry.receipt_late_s.saturating_mul(1_000),
            early_max: limits::EARLY.default,
            early_ms: limits::EARLY_KEPT.default,
        },
    })
}

fn session(entry: &SmscEntry, bind: Bind, password: &str) -> smpp::Settings {
    smpp::Settings {
        bind,
        credentials: Credentials {
            system_id: entry.system_id.clone(),
            password: password.to_owned(),
            system_type: entry.system_type.clone(),
        },
        service_type: entry.service_type.clone(),
        source: Source {
            ton: entry.source_ton,
            npi: entry.source_npi,
            address: entry.source.clone(),
        },
        destination: (entry.destination_ton, entry.destination_npi),
        carriage: match entry.carriage.as_str() {
            "sar" => Carriage::Sar,
            "payload" => Carriage::Payload,
            _ => Carriage::Header,
        },
        reference: match entry.reference.as_str() {
            "word" => Reference::Word,
            _ => Reference::Octet,
        },
        messaging_mode: entry.messaging_mode,
        data_coding: entry.data_coding,
        priority: entry.priority,
        receipts: match entry.receipts.as_str() {
            "never" => ReceiptsAsked::Never,
            "failure" => ReceiptsAsked::Failure,
            _ => ReceiptsAsked::Always,
        },
        id_form: match entry.receipt_ids.as_str() {
            "same" => IdForm::Same,
            "hexadecimal_then_decimal" => IdForm::HexadecimalThenDecimal,
            "decimal_then_hexadecimal" => IdForm::DecimalThenHexadecimal,
            _ => IdForm::Learn,
        },
        text_errors: match entry.receipt_errors.as_str() {
            "map" => TextErrors::Map,
            _ => TextErrors::Opaque,
        },
        connect_ms: entry.connect_ms,
        bind_ms: entry.bind_ms,
        response_ms: entry.response_ms,
        enquire_ms: entry.enquire_ms,
        drain_ms: entry.drain_ms,
        reconnect_ms_min: entry.reconnect_ms_min,
        reconnect_ms_max: entry.reconnect_ms_max,
        throttle_ms_min: entry.throttle_ms_min,
        throttle_ms_max: entry.throttle_ms_max,
        retry_ms_min: entry.retry_ms_min,
        retry_ms_max: entry.retry_ms_max,
        throttled_max: entry.throttled_max,
        window: entry.window,
        rate_per_s: entry.rate_per_s,
        burst: entry.burst,
        queue: entry.queue,
        unanswered_max: entry.unanswered_max,
    }
}

/// The first line of a password file.
fn password(list: &str, name: &str, file: &str) -> Result<String, StartError> {
    if file.is_empty() {
        return Ok(String::new());
    }
    let refuse = |why: &dyn std::fmt::Display| {
        StartError::Settings(format!("{list} {name}: the password file {file}: {why}"))
    };
    let octets = std::fs::metadata(Path::new(file)).map_err(|error| refuse(&error))?;
    if octets.len() > PASSWORD_FILE_OCTETS_MAX {
        return Err(refuse(&"it is longer than a password"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| refuse(&error))?;
    Ok(text.lines().next().unwrap_or_default().trim_end().to_owned())
}

fn pap(entry: &PapEntry, own_domain: &str) -> Result<PapPlan, StartError> {
    let password = password("pap", &entry.name, &entry.password_file)?;
    // RFC 7617 §2.
    let basic = || {
        let pair = format!("{}:{password}", entry.user);
        Authorization(format!("Basic {}", BASE64_STANDARD.encode(pair)))
    };
    Ok(PapPlan {
        authorization: (!entry.user.is_empty()).then(basic),
        name: entry.name.clone(),
        host: (entry.host.clone(), entry.port),
        path: entry.path.clone(),
        domain: entry.domain.clone(),
        own_domain: own_domain.to_owned(),
        connections: entry.connections,
        connect_ms: entry.connect_ms,
        answer_ms: entry.answer_ms,
        retry_ms_min: entry.retry_ms_min,
        retry_ms_max: entry.retry_ms_max,
    })
}

#[cfg(test)]
mod tests;
