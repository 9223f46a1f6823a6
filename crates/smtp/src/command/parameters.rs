//! The parameters behind the paths of MAIL and RCPT.
//!
//! Part of reading a command. Invariants: one that is not offered is refused, one that comes twice is refused, and the
//! DSN parameters (RFC 3461) are checked and then passed over: MM4 confirms by its own reports.

use super::number;
use crate::message::BodyKind;
use crate::reason::Reason;

/// What MAIL says about the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MailParameters {
    /// SIZE (RFC 1870).
    pub(crate) size: Option<u64>,
    /// BODY (RFC 6152, RFC 3030).
    pub(crate) body: BodyKind,
}

/// Reads the parameters of MAIL, which begin with their spaces.
pub(crate) fn mail_parameters(text: &str) -> Result<MailParameters, Reason> {
    let mut parameters = MailParameters::default();
    let mut seen = Seen::default();
    each(text, |keyword, value| {
        let once = |seen: &mut Seen, place| seen.note(place);
        if keyword.eq_ignore_ascii_case("SIZE") {
            once(&mut seen, 0)?;
            parameters.size = Some(number(value).ok_or(Reason::ParameterMalformed)?);
        } else if keyword.eq_ignore_ascii_case("BODY") {
            once(&mut seen, 1)?;
            parameters.body = BodyKind::parse(value).ok_or(Reason::ParameterMalformed)?;
        } else if keyword.eq_ignore_ascii_case("RET") {
            once(&mut seen, 2)?;
            check(value.eq_ignore_ascii_case("FULL") || value.eq_ignore_ascii_case("HDRS"))?;
        } else if keyword.eq_ignore_ascii_case("ENVID") {
            once(&mut seen, 3)?;
            check(!value.is_empty() && value.len() <= 100)?;
        } else {
            return Err(Reason::ParameterUnknown);
        }
        Ok(())
    })?;
    Ok(parameters)
}

/// Checks the parameters of RCPT, which begin with their spaces.
pub(crate) fn recipient_parameters(text: &str) -> Result<(), Reason> {
    let mut seen = Seen::default();
    each(text, |keyword, value| {
        if keyword.eq_ignore_ascii_case("NOTIFY") {
            seen.note(0)?;
            let known = |word: &str| {
                ["SUCCESS", "FAILURE", "DELAY"]
                    .iter()
                    .any(|k| word.eq_ignore_ascii_case(k))
            };
            check(value.eq_ignore_ascii_case("NEVER") || value.split(',').all(known))
        } else if keyword.eq_ignore_ascii_case("ORCPT") {
            seen.note(1)?;
            // 500 octets and the keyword is what RFC 3461 §4.2 adds to the line.
            check(value.contains(';') && value.len() <= 500)
        } else {
            Err(Reason::ParameterUnknown)
        }
    })
}

/// Which parameters have come.
#[derive(Default)]
struct Seen(u8);

impl Seen {
    fn note(&mut self, place: u8) -> Result<(), Reason> {
        let bit = 1_u8.checked_shl(u32::from(place)).unwrap_or(0);
        if self.0 & bit != 0 {
            return Err(Reason::ParameterMalformed);
        }
        self.0 |= bit;
        Ok(())
    }
}

fn check(sound: bool) -> Result<(), Reason> {
    if sound {
        Ok(())
    } else {
        Err(Reason::ParameterMalformed)
    }
}

/// Calls `read` with keyword and value of each parameter; more than one space between them is passed over.
fn each(text: &str, mut read: impl FnMut(&str, &str) -> Result<(), Reason>) -> Result<(), Reason> {
    if !text.is_empty() && !text.starts_with(' ') {
        return Err(Reason::ArgumentMalformed);
    }
    for parameter in text.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (keyword, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let sound = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
        if keyword.is_empty() || !keyword.bytes().all(sound) {
            return Err(Reason::ParameterMalformed);
        }
        read(keyword, value)?;
    }
    Ok(())
}
