//! `Parsed → Admitted`: the values of a submission go to the rules, and come back as terms and recipients.
//!
//! This is where codec and rules meet; neither knows the other. Only this stage makes an [`Admitted`].

use admit::{Asked, Candidate, Submission, Terms, When};
use base::{Msisdn, Reason, WallSeconds};
use journal::Summed;
use journal::planted::{Bug, is_planted};
use mms::{Digits, Form, MessageClass, Recipient, Repeated, SendReq, SenderVisibility, Time};
use profile::{Party, Profile};
use route::{Routes, trust};
use smallvec::SmallVec;
use xxhash_rust::xxh3::Xxh3;

/// A submission that is taken.
#[derive(Debug)]
pub(crate) struct Admitted<'b> {
    pub(crate) send: &'b SendReq<'b>,
    pub(crate) sender: Msisdn,
    pub(crate) recipients: SmallVec<[Candidate; 4]>,
    pub(crate) terms: Terms,
    pub(crate) size_octets: u32,
    pub(crate) repeat_key: u64,
    /// CRC-32C of the content, which the repeat's key is made with and the record needs, too.
    pub(crate) content: Summed,
}

/// Decides on an M-Send.req of an identified sender.
///
/// # Errors
/// Why it is not taken.
pub(crate) fn admit<'b>(
    send: &'b SendReq<'b>,
    sender: Msisdn,
    (profile, routes): (&Profile, &Routes),
    now: WallSeconds,
) -> Result<Admitted<'b>, Reason> {
    let size_octets = mms::message_size_octets(send).map_err(|_| Reason::MessageCorrupt)?;
    let mut asked = 0;
    for (bit, is_asked) in [
        (Asked::DELIVERY_REPORT, send.delivery_report == Some(true)),
        (Asked::READ_REPORT, send.read_report == Some(true)),
        (
            Asked::HIDING,
            send.sender_visibility == Some(SenderVisibility::Hide),
        ),
        (Asked::REPLY_CHARGING, asks_reply_charging(send)),
        (Asked::CLASS_AUTO, send.message_class == Some(MessageClass::Auto)),
    ] {
        asked |= if is_asked { bit } else { 0 };
    }
    let submission = Submission {
        minor: send.version.minor(),
        size_octets,
        delivery: send.delivery_time.map(when),
        expiry: send.expiry.map(when),
        asked: Asked(asked),
    };
    let terms = admit::terms(&submission, profile, now)?;
    let content = Summed {
        octets: u32::try_from(send.content.body.len()).map_err(|_| Reason::ContentTooLarge)?,
        crc: crc32c::crc32c(send.content.body),
    };
    Ok(Admitted {
        send,
        sender,
        recipients: resolve(send.recipients, profile, routes)?,
        terms,
        size_octets: u32::try_from(size_octets).map_err(|_| Reason::ContentTooLarge)?,
        repeat_key: repeat_key(send, sender, content.crc),
        content,
    })
}

/// Who the To, Cc and Bcc of a submission are.
fn resolve(
    fields: Repeated<'_, Recipient<'_>>,
    profile: &Profile,
    routes: &Routes,
) -> Result<SmallVec<[Candidate; 4]>, Reason> {
    let mut recipients = admit::Recipients::default();
    for recipient in fields {
        let number = match recipient.address.form() {
            Form::Phone(digits) => normalise(&digits, profile),
            _ => None,
        };
        recipients.offer(
            number.filter(|&number| trust::recipient(routes, Party::Local, number).is_ok()),
            profile.mm1.recipients_max,
        )?;
    }
    recipients.finish()
}

fn normalise(digits: &Digits<'_>, profile: &Profile) -> Option<Msisdn> {
    let mut text: SmallVec<[u8; 24]> = SmallVec::new();
    if digits.is_international() {
        text.push(b'+');
    }
    text.extend(digits.digits());
    profile.numbering.normalise(&text)
}

/// Requested by the originator; a reply that carries an id of charging is an ordinary message to us.
fn asks_reply_charging(send: &SendReq<'_>) -> bool {
    use mms::ReplyChargingMode::{Requested, RequestedTextOnly};
    matches!(send.reply_charging.mode, Some(Requested | RequestedTextOnly))
}

fn when(time: Time) -> When {
    match time {
        Time::Absolute(seconds) => When::Absolute(seconds),
        Time::Relative(seconds) => When::Relative(seconds),
    }
}

/// Fields that differ between a send and its repeat: phones rewrite Date; of a forward the date before is ours to make
/// up where the first sender's phone gave none.
const REWRITTEN: [u8; 3] = [
    mms::field::DATE,
    mms::field::FROM,
    mms::field::PREVIOUSLY_SENT_DATE,
];

/// What is the same when a phone sends the same again: sender, Transaction-ID, every field but Date and From (phones
/// rewrite Date on each retry), and the content by its CRC-32C and length.
fn repeat_key(send: &SendReq<'_>, sender: Msisdn, content_crc: u32) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&sender.digits().to_le_bytes());
    for field in send.headers.fields() {
        let is_dated = is_planted(Bug::RepeatsByDate) && field.code == mms::field::DATE;
        if is_dated || !REWRITTEN.contains(&field.code) {
            hash.update(&[field.code]);
            hash.update(field.name);
            hash.update(&[0]);
            hash.update(field.value);
        }
    }
    hash.update(send.content.content_type.raw);
    hash.update(&content_crc.to_le_bytes());
    hash.update(&send.content.body.len().to_le_bytes());
    hash.digest()
}
