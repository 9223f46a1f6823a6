//! `phone wait`, `phone retrieve` and `phone reports`: what comes from the server.
//!
//! Invariant: files are written under a new name where one exists, never over it and never outside the folder.

use super::{Printer, Stop};
use crate::phone::{Message, Notification, Phone, Push, PushKind, Report, Retrieved};
use clap::Args;
use mms::Status;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many to wait for and how long.
#[derive(Debug, Args)]
pub(super) struct Wait {
    /// How many
    #[arg(long, default_value_t = 1)]
    count: u32,
    /// Seconds to wait for each
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    wait: u64,
}

/// What to do with notifications.
#[derive(Debug, Args)]
pub(super) struct Retrieve {
    #[command(flatten)]
    wait: Wait,
    /// Folder for the parts; made when it is not there
    #[arg(long, required_unless_present = "reject")]
    to_folder: Option<PathBuf>,
    /// First say that it is fetched later, then fetch and acknowledge it
    #[arg(long, conflicts_with = "reject")]
    defer: bool,
    /// Refuse the message instead of fetching it
    #[arg(long)]
    reject: bool,
    /// Fetch, but do not say so
    #[arg(long, conflicts_with = "reject")]
    no_answer: bool,
}

impl Wait {
    fn time(&self) -> Duration {
        Duration::from_secs(self.wait)
    }
}

/// The next push that `wanted` takes something from; others are passed over.
fn next<T>(phone: &mut Phone, wait: &Wait, got: u32, wanted: impl Fn(Push) -> Option<T>) -> Result<T, Stop> {
    if wait.wait > 1 {
        eprintln!(
            "phone {}: {got} of {}, waiting up to {} s",
            phone.number().masked(),
            wait.count,
            wait.wait
        );
    }
    loop {
        match phone.push(wait.time())? {
            Some(push) => {
                if let Some(found) = wanted(push) {
                    return Ok(found);
                }
            }
            None => return Err(Stop::Failed(format!("{got} of {} came in time", wait.count))),
        }
    }
}

pub(super) fn wait(options: &Wait, phone: &mut Phone, printer: &mut Printer<'_>) -> Result<(), Stop> {
    for got in 0..options.count {
        let push = next(phone, options, got, Some)?;
        let (text, mut value) = match &push.kind {
            PushKind::Notification(notification) => notification_line(notification),
            PushKind::Report(report) => report_line(report),
            PushKind::Other(name) => (format!("push {name}"), json!({ "event": "push", "type": name })),
        };
        value["seq"] = json!(push.seq);
        value["octets"] = json!(push.pdu.len());
        printer.print(
            &format!("{text} seq={} octets={}", push.seq, push.pdu.len()),
            &value,
        );
    }
    Ok(())
}

pub(super) fn reports(options: &Wait, phone: &mut Phone, printer: &mut Printer<'_>) -> Result<(), Stop> {
    for got in 0..options.count {
        let report = next(phone, options, got, |push| match push.kind {
            PushKind::Report(report) => Some(report),
            PushKind::Notification(_) | PushKind::Other(_) => None,
        })?;
        let (text, value) = report_line(&report);
        printer.print(&text, &value);
    }
    Ok(())
}

pub(super) fn retrieve(options: &Retrieve, phone: &mut Phone, printer: &mut Printer<'_>) -> Result<(), Stop> {
    // A repeated notification points at the same place: a phone takes it for the same.
    let mut known: Vec<String> = Vec::new();
    let mut got = 0;
    while got < options.wait.count {
        let notification = next(phone, &options.wait, got, |push| match push.kind {
            PushKind::Notification(notification) => Some(notification),
            PushKind::Report(_) | PushKind::Other(_) => None,
        })?;
        if known.contains(&notification.content_location) {
            continue;
        }
        known.push(notification.content_location.clone());
        got += 1;
        if options.reject {
            phone.respond(&notification, Status::Rejected)?;
            let (text, mut value) = notification_line(&notification);
            value["event"] = json!("rejected");
            printer.print(&text.replacen("notification", "rejected", 1), &value);
        } else {
            fetch(options, &notification, phone, printer)?;
        }
    }
    Ok(())
}

/// Fetches one message, saves it, and answers: files are on the disk before the server may forget the message.
fn fetch(
    options: &Retrieve,
    notification: &Notification,
    phone: &mut Phone,
    printer: &mut Printer<'_>,
) -> Result<(), Stop> {
    if options.defer {
        phone.respond(notification, Status::Deferred)?;
    }
    let Retrieved { message, octets } = phone.fetch(notification)?;
    let folder = options.to_folder.as_deref().unwrap_or(Path::new("."));
    let files = save(folder, &message)?;
    if !options.no_answer {
        match (&message.transaction_id, options.defer) {
            (Some(transaction_id), true) => {
                phone.acknowledge_fetched(&notification.content_location, transaction_id)?;
            }
            _ => phone.respond(notification, Status::Retrieved)?,
        }
    }
    let mut text = format!(
        "retrieved message-id={} from={} octets={octets}",
        message.message_id.as_deref().unwrap_or("-"),
        message.from.as_deref().unwrap_or("-"),
    );
    let mut parts = Vec::new();
    for (part, file) in message.parts.iter().zip(&files) {
        text.push_str(&format!(
            "\n  {} {} octets {}",
            file.display(),
            part.octets.len(),
            part.content_type
        ));
        parts.push(json!({
            "file": file.display().to_string(), "name": part.name, "content_type": part.content_type,
            "octets": part.octets.len(),
        }));
    }
    let value = json!({
        "event": "retrieved", "message_id": message.message_id, "from": message.from, "subject": message.subject,
        "octets": octets, "parts": parts,
    });
    printer.print(&text, &value);
    Ok(())
}

fn save(folder: &Path, message: &Message) -> Result<Vec<PathBuf>, Stop> {
    let failed = |path: &Path, error: std::io::Error| Stop::Failed(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let mut files = Vec::new();
    for (index, part) in message.parts.iter().enumerate() {
        let name = part.file_name(index);
        let mut path = folder.join(&name);
        let mut copy = 0_u32;
        let mut file = loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => break file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists && copy < 10_000 => {
                    copy += 1;
                    path = folder.join(format!("{copy}-{name}"));
                }
                Err(error) => return Err(failed(&path, error)),
            }
        };
        file.write_all(&part.octets)
            .map_err(|error| failed(&path, error))?;
        files.push(path);
    }
    Ok(files)
}

fn notification_line(notification: &Notification) -> (String, Value) {
    let text = format!(
        "notification from={} size={} transaction-id={} location={}",
        notification.from.as_deref().unwrap_or("-"),
        notification.size_octets,
        notification.transaction_id,
        notification.content_location,
    );
    let value = json!({
        "event": "notification", "from": notification.from, "subject": notification.subject,
        "size": notification.size_octets, "transaction_id": notification.transaction_id,
        "content_location": notification.content_location,
    });
    (text, value)
}

fn report_line(report: &Report) -> (String, Value) {
    let kind = match report.outcome {
        crate::phone::message::Outcome::Delivery(_) => "delivery",
        crate::phone::message::Outcome::Read(_) => "read",
    };
    let status = report.outcome.name();
    let text = format!(
        "{kind}-report message-id={} recipient={} status={status}",
        report.message_id, report.recipient
    );
    let value = json!({
        "event": format!("{kind}-report"), "message_id": report.message_id, "recipient": report.recipient,
        "status": status,
    });
    (text, value)
}
