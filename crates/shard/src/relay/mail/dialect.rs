//! A peer's profile in the words of the writers of `mm4`, and texts of MM1 in those of mails.
//!
//! Beside the mails that are written: forwards, responses, reports. Invariant: nothing here knows a message.

use base::Msisdn;
use entity::Carriage;
use mm4::dialect::{Plus, TypeSuffix};
use mm4::{Address, Dialect, IdStyle, MessageClass, Orientation, Version};
use mms::EncodedString;
use profile::peers::{AddressDomain, AddressPlus, AddressType, Ids, ReportFrom, Transfer};
use profile::{Mm4, Peer};
use std::borrow::Cow;

/// How a peer wants to be written to. Domains stand in the addresses themselves, since one list holds those of several.
pub(crate) fn dialect(peer: &Peer, carriage: Carriage) -> Dialect<'static> {
    let dialect = &peer.dialect;
    Dialect {
        version: Version::read(&dialect.mms_version).unwrap_or(Version::OURS),
        ids: match dialect.ids {
            Ids::Bare => IdStyle::Bare,
            Ids::Quoted => IdStyle::Quoted,
        },
        type_suffix: match dialect.address_type {
            AddressType::Plmn => TypeSuffix::Plmn,
            AddressType::None => TypeSuffix::None,
        },
        plus: match dialect.address_plus {
            AddressPlus::Plus => Plus::Written,
            AddressPlus::None => Plus::Omitted,
        },
        domain_from: None,
        domain_to: None,
        reports: match dialect.report_from {
            ReportFrom::Recipient => Orientation::BySpecification,
            ReportFrom::Originator => Orientation::Reversed,
        },
        carriage: match dialect.transfer {
            Transfer::Base64 => Carriage::SevenBit,
            Transfer::Binary => carriage,
        },
    }
}

/// A number at a domain, or without one where the peer wants none.
pub(crate) fn address(number: Msisdn, domain: &str, form: AddressDomain) -> Address {
    match form {
        AddressDomain::Domain => Address::new(format!("{number}@{domain}")),
        AddressDomain::None => Address::of_subscriber(number),
    }
}

/// This system itself: Sender, originator system, From of responses.
pub(crate) fn system_address(ours: &Mm4) -> Address {
    Address::new(format!("{}@{}", ours.system_user, ours.domain))
}

/// IANA MIBenum of ISO-8859-1, and of the wide ones that phones use: UCS-2 and UTF-16 with its byte orders.
const LATIN_1: u32 = 4;
const UCS_2: u32 = 1_000;
const UTF_16BE: u32 = 1_013;
const UTF_16LE: u32 = 1_014;
const UTF_16: u32 = 1_015;

/// A text of MM1 decoded. What names no character set is UTF-8 in practice; what can't be decoded is replaced.
pub(crate) fn text(encoded: EncodedString<'_>) -> Cow<'_, str> {
    let octets = encoded.text;
    let wide = |octets: &[u8], read: fn([u8; 2]) -> u16| {
        let (pairs, _) = octets.as_chunks::<2>();
        let units = pairs.iter().map(|pair| read(*pair));
        let all = char::decode_utf16(units).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER));
        all.collect::<String>()
    };
    match encoded.charset {
        Some(LATIN_1) => octets.iter().copied().map(char::from).collect::<String>().into(),
        Some(UTF_16LE) => wide(octets, u16::from_le_bytes).into(),
        Some(UCS_2 | UTF_16 | UTF_16BE) => match octets {
            [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes).into(),
            [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes).into(),
            _ => wide(octets, u16::from_be_bytes).into(),
        },
        _ => String::from_utf8_lossy(octets),
    }
}

/// A class of MM1 on MM4.
pub(crate) fn class(class: mms::MessageClass<'_>) -> MessageClass<'static> {
    match class {
        mms::MessageClass::Personal => MessageClass::Personal,
        mms::MessageClass::Advertisement => MessageClass::Advertisement,
        mms::MessageClass::Informational => MessageClass::Informational,
        mms::MessageClass::Auto => MessageClass::Auto,
        mms::MessageClass::Token(token) => {
            MessageClass::Token(String::from_utf8_lossy(token).into_owned().into())
        }
    }
}

#[cfg(test)]
mod tests;
