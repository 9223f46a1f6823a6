//! What a client may say in one line, and how it is read.
//!
//! Between the line and the server's session. Invariants: a command is one reading of the whole line, nothing in it is
//! passed over (a `DATA x` is no DATA); texts are kept as places in the line; numbers that do not fit are refused and
//! never wrapped.
//!
//! The library for this, smtp-proto 0.2, is not used, for it reads too kindly here: it takes a bare LF for a line's
//! end, drops carriage returns wherever they stand, takes `DATA x`, turns `<postmaster>` into the null path, strips
//! quotes, and its number of octets begins anew when it overflows, so that a `BDAT` of 24 digits is a small chunk. It
//! judges our client in the tests instead.

use crate::address::{PathExtent, find_path, is_domain};
use crate::limits::DOMAIN_OCTETS_MAX;
use crate::reason::Reason;

mod parameters;
#[cfg(test)]
mod tests;

pub(crate) use parameters::MailParameters;
use parameters::{mail_parameters, recipient_parameters};

/// A place in a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A command with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Ehlo(Place),
    Helo(Place),
    StartTls,
    Mail {
        /// Empty for the null path.
        from: Place,
        parameters: MailParameters,
    },
    Rcpt(Place),
    Data,
    Bdat {
        octets: u64,
        last: bool,
    },
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
}

/// Reads a line without its CR LF.
pub(crate) fn parse(line: &[u8]) -> Result<Command, Reason> {
    if !line.iter().all(|octet| (b' '..=b'~').contains(octet)) {
        return Err(if is_chunk(line) {
            Reason::ChunkSizeMalformed
        } else {
            Reason::CommandOctet
        });
    }
    let text = std::str::from_utf8(line).map_err(|_| Reason::CommandOctet)?;
    let verb_octets = text.find(' ').unwrap_or(text.len());
    let (verb, argument) = text.split_at(verb_octets);
    let is = |name: &str| verb.eq_ignore_ascii_case(name);
    if is("EHLO") {
        name(text, verb_octets).map(Command::Ehlo)
    } else if is("HELO") {
        name(text, verb_octets).map(Command::Helo)
    } else if is("MAIL") {
        mail(text, verb_octets)
    } else if is("RCPT") {
        recipient(text, verb_octets)
    } else if is("DATA") {
        bare(argument, Command::Data)
    } else if is("BDAT") {
        chunk(argument)
    } else if is("STARTTLS") {
        bare(argument, Command::StartTls)
    } else if is("RSET") {
        bare(argument, Command::Rset)
    } else if is("QUIT") {
        bare(argument, Command::Quit)
    } else if is("NOOP") {
        Ok(Command::Noop)
    } else if is("HELP") {
        Ok(Command::Help)
    } else if is("VRFY") {
        if argument.trim().is_empty() {
            return Err(Reason::ArgumentMalformed);
        }
        Ok(Command::Vrfy)
    } else if [
        "AUTH", "EXPN", "ETRN", "ATRN", "BURL", "TURN", "SEND", "SOML", "SAML",
    ]
    .into_iter()
    .any(is)
    {
        Err(Reason::CommandNotServed)
    } else if is_chunk(line) {
        Err(Reason::ChunkSizeMalformed)
    } else {
        Err(Reason::CommandUnknown)
    }
}

/// Whether the line begins as a BDAT, whose octets follow whatever is wrong with it.
pub(crate) fn is_chunk(line: &[u8]) -> bool {
    line.get(..4)
        .is_some_and(|verb| verb.eq_ignore_ascii_case(b"BDAT"))
}

/// A command without an argument; spaces behind it are passed over, as RFC 5321 §4.1.1 advises.
fn bare(argument: &str, command: Command) -> Result<Command, Reason> {
    if argument.bytes().all(|octet| octet == b' ') {
        Ok(command)
    } else {
        Err(Reason::ArgumentMalformed)
    }
}

/// The name behind EHLO or HELO.
fn name(text: &str, verb_octets: usize) -> Result<Place, Reason> {
    let start = verb_octets.saturating_add(1);
    let argument = text.get(start..).unwrap_or_default().trim_end_matches(' ');
    if argument.len() > DOMAIN_OCTETS_MAX as usize || !is_domain(argument.as_bytes()) {
        return Err(Reason::NameMalformed);
    }
    Ok(Place {
        start,
        end: start.saturating_add(argument.len()),
    })
}

/// The path of `MAIL FROM:` or `RCPT TO:`, in places of the line, and the parameters behind it.
fn path<'t>(
    text: &'t str,
    verb_octets: usize,
    keyword: &str,
    malformed: Reason,
) -> Result<(Place, &'t str), Reason> {
    let before = verb_octets.saturating_add(1);
    let argument = text.get(before..).unwrap_or_default();
    let colon = keyword.len();
    if !argument
        .get(..colon)
        .is_some_and(|k| k.eq_ignore_ascii_case(keyword))
    {
        return Err(Reason::ArgumentMalformed);
    }
    let offset = before.saturating_add(colon);
    let behind = argument.get(colon..).unwrap_or_default();
    let PathExtent { start, end, rest } = find_path(behind).ok_or(malformed)?;
    let parameters = behind.get(rest..).unwrap_or_default();
    let place = Place {
        start: offset.saturating_add(start),
        end: offset.saturating_add(end),
    };
    Ok((place, parameters))
}

fn mail(text: &str, verb_octets: usize) -> Result<Command, Reason> {
    let (from, parameters) = path(text, verb_octets, "FROM:", Reason::SenderMalformed)?;
    let parameters = mail_parameters(parameters)?;
    Ok(Command::Mail { from, parameters })
}

fn recipient(text: &str, verb_octets: usize) -> Result<Command, Reason> {
    let (to, parameters) = path(text, verb_octets, "TO:", Reason::RecipientMalformed)?;
    if to.start == to.end {
        return Err(Reason::RecipientMalformed);
    }
    recipient_parameters(parameters)?;
    Ok(Command::Rcpt(to))
}

/// RFC 3030 §2: `BDAT` SP size [SP `LAST`].
fn chunk(argument: &str) -> Result<Command, Reason> {
    let malformed = Reason::ChunkSizeMalformed;
    let mut words = argument.strip_prefix(' ').ok_or(malformed)?.split(' ');
    let octets = number(words.next().unwrap_or_default()).ok_or(malformed)?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return Err(malformed),
    };
    match words.next() {
        None => Ok(Command::Bdat { octets, last }),
        Some(_) => Err(malformed),
    }
}

/// A decimal number of 1 to 18 digits, so that sums of two fit.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = (1..=18).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
