//! `phone send` and `phone read`: what goes from the phone to the server.

use super::{Printer, Stop};
use crate::phone::{File, Phone, Submission, compose};
use clap::Args;
use mms::ReadStatus;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// A message and its wishes.
#[derive(Debug, Args)]
pub(super) struct Send {
    /// Recipients; may be given several times
    #[arg(long, required_unless_present_any = ["cc", "bcc"])]
    to: Vec<String>,
    /// Recipients of a copy
    #[arg(long)]
    cc: Vec<String>,
    /// Recipients that the others do not see
    #[arg(long)]
    bcc: Vec<String>,
    /// Subject
    #[arg(long)]
    subject: Option<String>,
    /// A text that goes along as message.txt
    #[arg(long)]
    text: Option<String>,
    /// Put a presentation (SMIL) in front, as phones do
    #[arg(long)]
    slides: bool,
    /// Ask for delivery reports
    #[arg(long)]
    delivery_report: bool,
    /// Ask for read reports
    #[arg(long)]
    read_report: bool,
    /// Hide the number from the recipients
    #[arg(long)]
    hide: bool,
    /// High priority
    #[arg(long)]
    urgent: bool,
    /// Seconds that the message may wait
    #[arg(long)]
    expiry: Option<u64>,
    /// Seconds that the message is kept back first
    #[arg(long)]
    delay: Option<u64>,
    /// Transaction-ID; the same one with the same message is taken for a repeat
    #[arg(long)]
    transaction_id: Option<String>,
    /// The parts
    files: Vec<PathBuf>,
}

/// A read report.
#[derive(Debug, Args)]
pub(super) struct Read {
    /// The message's Message-ID, from `retrieve`
    message_id: String,
    /// Its sender, from `retrieve`
    #[arg(long)]
    to: String,
    /// It was thrown away without being read
    #[arg(long)]
    unread: bool,
}

pub(super) fn send(options: &Send, phone: &mut Phone, printer: &mut Printer<'_>) -> Result<(), Stop> {
    let submission = Submission {
        to: options.to.clone(),
        cc: options.cc.clone(),
        bcc: options.bcc.clone(),
        subject: options.subject.clone(),
        files: files(options)?,
        slides: options.slides,
        delivery_report: options.delivery_report,
        read_report: options.read_report,
        hide: options.hide,
        urgent: options.urgent,
        expiry: options.expiry.map(Duration::from_secs),
        delivery_delay: options.delay.map(Duration::from_secs),
        transaction_id: options.transaction_id.clone(),
        date_unix_s: None,
    };
    let octets: usize = submission.files.iter().map(|file| file.octets.len()).sum();
    let sent = phone.send(&submission)?;
    printer.print(
        &format!("sent message-id={} transaction-id={} octets={octets}", sent.message_id, sent.transaction_id),
        &json!({
            "event": "sent", "message_id": sent.message_id, "transaction_id": sent.transaction_id, "octets": octets,
        }),
    );
    Ok(())
}

fn files(options: &Send) -> Result<Vec<File>, Stop> {
    let mut files = Vec::new();
    for path in &options.files {
        let octets =
            std::fs::read(path).map_err(|error| Stop::Usage(format!("{}: {error}", path.display())))?;
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        files.push(File {
            content_type: compose::content_type(&name).to_owned(),
            name,
            octets,
        });
    }
    if let Some(text) = &options.text {
        files.push(File {
            name: "message.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            octets: text.clone().into_bytes(),
        });
    }
    Ok(files)
}

pub(super) fn read(options: &Read, phone: &mut Phone, printer: &mut Printer<'_>) -> Result<(), Stop> {
    let status = if options.unread {
        ReadStatus::DeletedUnread
    } else {
        ReadStatus::Read
    };
    phone.read_report(&options.message_id, &compose::address(&options.to), status)?;
    printer.print(
        &format!(
            "reported message-id={} status={}",
            options.message_id,
            status.name()
        ),
        &json!({ "event": "reported", "message_id": options.message_id, "status": status.name() }),
    );
    Ok(())
}
