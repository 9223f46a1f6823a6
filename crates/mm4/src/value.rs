//! The values of headers, each with its text on MM4 and its octet on MM1.
//!
//! The mapping between the two interfaces is data: one row per value. Invariants: texts are read without case, with
//! the misspellings that peers are known for, and written as TS 23.140 has them; octets are those of OMA MMS
//! Encapsulation, clause 7.3.

use std::borrow::Cow;

use entity::date;

use crate::address::Address;

macro_rules! values {
    ($(#[$doc:meta])* $type:ident { $($variant:ident $octet:literal $name:literal $(| $alias:literal)*,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type {
            $(#[doc = $name] $variant,)*
        }

        impl $type {
            /// All values, in the order of their octets.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The text on MM4.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The octet on MM1.
            #[must_use]
            pub const fn octet(self) -> u8 {
                match self { $(Self::$variant => $octet,)* }
            }

            /// The value of a text on MM4, in any case.
            #[must_use]
            pub fn read(text: &str) -> Option<Self> {
                let text = text.trim().trim_matches('"');
                let is = |name: &str| text.eq_ignore_ascii_case(name);
                $(if is($name) $(|| is($alias))* { return Some(Self::$variant); })*
                None
            }

            /// The value of an octet on MM1.
            #[must_use]
            pub const fn of_octet(octet: u8) -> Option<Self> {
                match octet { $($octet => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use values;

values! {
    /// X-Mms-Priority.
    Priority { Low 0x80 "Low", Normal 0x81 "Normal", High 0x82 "High", }
}
values! {
    /// X-Mms-Sender-Visibility.
    Visibility { Hide 0x80 "Hide", Show 0x81 "Show", }
}
values! {
    /// X-Mms-Read-Status.
    ReadStatus {
        Read 0x80 "Read",
        DeletedUnread 0x81 "Deleted without being read"
            | "Deletedwithoutbeingread"
            | "Deleted-without-being-read"
            | "Deleted",
    }
}
values! {
    /// X-Mms-Content-Class.
    ContentClass {
        Text 0x80 "text",
        ImageBasic 0x81 "image-basic",
        ImageRich 0x82 "image-rich",
        VideoBasic 0x83 "video-basic",
        VideoRich 0x84 "video-rich",
        Megapixel 0x85 "megapixel",
        ContentBasic 0x86 "content-basic",
        ContentRich 0x87 "content-rich",
    }
}
values! {
    /// `Yes` and `No`, which MM1 numbers the same in every header. Some peers write `1`.
    YesNo { Yes 0x80 "Yes" | "1" | "true", No 0x81 "No" | "0" | "false", }
}

impl YesNo {
    /// The value of a flag.
    #[must_use]
    pub const fn of(flag: bool) -> Self {
        if flag { Self::Yes } else { Self::No }
    }
}

/// X-Mms-Message-Class. Absent means Personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageClass<'a> {
    /// `Personal`, 0x80 on MM1.
    Personal,
    /// `Advertisement`, 0x81.
    Advertisement,
    /// `Informational`, 0x82.
    Informational,
    /// `Auto`, 0x83.
    Auto,
    /// Another, a token on both interfaces.
    Token(Cow<'a, str>),
}

impl<'a> MessageClass<'a> {
    const NAMES: [(&'static str, u8, MessageClass<'static>); 4] = [
        ("Personal", 0x80, MessageClass::Personal),
        ("Advertisement", 0x81, MessageClass::Advertisement),
        ("Informational", 0x82, MessageClass::Informational),
        ("Auto", 0x83, MessageClass::Auto),
    ];

    /// The class of a text on MM4, in any case.
    #[must_use]
    pub fn read(text: Cow<'a, str>) -> Option<Self> {
        let known = Self::NAMES
            .into_iter()
            .find(|row| row.0.eq_ignore_ascii_case(text.trim()));
        known
            .map(|row| row.2)
            .or_else(|| (!text.trim().is_empty()).then_some(Self::Token(text)))
    }

    /// The text on MM4.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Personal => "Personal",
            Self::Advertisement => "Advertisement",
            Self::Informational => "Informational",
            Self::Auto => "Auto",
            Self::Token(token) => token,
        }
    }

    /// The octet on MM1; `None` for a token.
    #[must_use]
    pub fn octet(&self) -> Option<u8> {
        Self::NAMES.iter().find(|row| row.2 == *self).map(|row| row.1)
    }

    /// The class of an octet on MM1.
    #[must_use]
    pub fn of_octet(octet: u8) -> Option<Self> {
        Self::NAMES
            .into_iter()
            .find(|row| row.1 == octet)
            .map(|row| row.2)
    }
}

/// X-Mms-Expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Seconds since 1970-01-01 UTC.
    At(u64),
    /// Seconds from the submission.
    In(u64),
}

impl Expiry {
    /// Reads seconds, an HTTP-date, or what some write instead, a date of RFC 3339.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"');
        match text.parse() {
            Ok(seconds) => Some(Self::In(seconds)),
            Err(_) => date::read(text).map(Self::At),
        }
    }

    /// The text on MM4.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::At(seconds) => date::write(seconds, date::Zone::Gmt),
            Self::In(seconds) => seconds.to_string(),
        }
    }
}

/// One of those who sent the message before: X-Mms-Previously-sent-by and -date-and-time with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviouslySent {
    /// The number that both headers carry: 0 for the first sender (RFC 4356).
    pub number: u32,
    /// Who.
    pub sender: Option<Address>,
    /// When, in seconds since 1970-01-01 UTC.
    pub sent_at: Option<u64>,
}

#[cfg(test)]
mod tests;
