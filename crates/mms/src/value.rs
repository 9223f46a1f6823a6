//! The values that MMS adds to those of WSP.
//!
//! Each type reads itself from the wire and writes itself to it through [`Value`]. Invariants: reading what was
//! written gives the same value; an octet that is not assigned is an error, never a guess.

use wsp::{EncodedString, ErrorKind, Reader, Version, write};

use crate::address::Address;

/// A field value that knows its form on the wire.
pub trait Value<'a>: Sized {
    /// Reads the value. Errors: those of the reader, `Form` for an octet that is not assigned.
    fn read(reader: &mut Reader<'a>) -> Result<Self, wsp::Error>;

    /// Appends the value.
    fn write(&self, out: &mut Vec<u8>);
}

macro_rules! octets {
    ($(#[$doc:meta])* $type:ident { $($octet:literal $variant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $type {
            $(#[doc = $name] $variant = $octet,)*
        }

        impl $type {
            /// All values by rising octet.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The octet on the wire.
            #[must_use]
            pub const fn octet(self) -> u8 {
                self as u8
            }

            /// The name in the specification.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name of an octet; `None` when it is not assigned.
            #[must_use]
            pub fn name_of(octet: u8) -> Option<&'static str> {
                Self::try_from(octet).ok().map(Self::name)
            }
        }

        impl TryFrom<u8> for $type {
            type Error = u8;

            fn try_from(octet: u8) -> Result<Self, u8> {
                match octet { $($octet => Ok(Self::$variant),)* other => Err(other) }
            }
        }

        impl Value<'_> for $type {
            fn read(reader: &mut Reader<'_>) -> Result<Self, wsp::Error> {
                let at = *reader;
                Self::try_from(reader.octet()?).map_err(|_| at.error(ErrorKind::Form))
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.push(self.octet());
            }
        }
    };
}

octets! {
    /// X-Mms-Status, of a notification's outcome and of a delivery report.
    Status {
        0x80 Expired "Expired",
        0x81 Retrieved "Retrieved",
        0x82 Rejected "Rejected",
        0x83 Deferred "Deferred",
        0x84 Unrecognised "Unrecognised",
        0x85 Indeterminate "Indeterminate",
        0x86 Forwarded "Forwarded",
        0x87 Unreachable "Unreachable",
    }
}
octets! {
    /// X-Mms-Priority.
    Priority { 0x80 Low "Low", 0x81 Normal "Normal", 0x82 High "High", }
}
octets! {
    /// X-Mms-Sender-Visibility.
    SenderVisibility { 0x80 Hide "Hide", 0x81 Show "Show", }
}
octets! {
    /// X-Mms-Read-Status.
    ReadStatus { 0x80 Read "Read", 0x81 DeletedUnread "Deleted-without-being-read", }
}
octets! {
    /// X-Mms-Reply-Charging.
    ReplyChargingMode {
        0x80 Requested "Requested",
        0x81 RequestedTextOnly "Requested-text-only",
        0x82 Accepted "Accepted",
        0x83 AcceptedTextOnly "Accepted-text-only",
    }
}
octets! {
    /// X-Mms-MM-State.
    MessageState {
        0x80 Draft "Draft",
        0x81 Sent "Sent",
        0x82 New "New",
        0x83 Retrieved "Retrieved",
        0x84 Forwarded "Forwarded",
    }
}
octets! {
    /// X-Mms-Content-Class.
    ContentClass {
        0x80 Text "text",
        0x81 ImageBasic "image-basic",
        0x82 ImageRich "image-rich",
        0x83 VideoBasic "video-basic",
        0x84 VideoRich "video-rich",
        0x85 Megapixel "megapixel",
        0x86 ContentBasic "content-basic",
        0x87 ContentRich "content-rich",
    }
}
octets! {
    /// X-Mms-Recommended-Retrieval-Mode.
    RecommendedRetrievalMode { 0x80 Manual "Manual", }
}
octets! {
    /// X-Mms-Cancel-Status.
    CancelStatus { 0x80 Received "Request-successfully-received", 0x81 Corrupted "Request-corrupted", }
}

/// X-Mms-Message-Class. Absent means Personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageClass<'a> {
    /// 0x80
    Personal,
    /// 0x81
    Advertisement,
    /// 0x82
    Informational,
    /// 0x83
    Auto,
    /// A class of one's own, as Token-text.
    Token(&'a [u8]),
}

impl<'a> Value<'a> for MessageClass<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, wsp::Error> {
        let at = *reader;
        match reader.peek() {
            Some(0x80..) => match reader.octet()? {
                0x80 => Ok(Self::Personal),
                0x81 => Ok(Self::Advertisement),
                0x82 => Ok(Self::Informational),
                0x83 => Ok(Self::Auto),
                _ => Err(at.error(ErrorKind::Form)),
            },
            Some(0x20..) => match reader.text_string()? {
                [] => Err(at.error(ErrorKind::Form)),
                token => Ok(Self::Token(token)),
            },
            _ => Err(at.error(ErrorKind::Form)),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Personal => out.push(0x80),
            Self::Advertisement => out.push(0x81),
            Self::Informational => out.push(0x82),
            Self::Auto => out.push(0x83),
            Self::Token(token) => write::text_string(out, token),
        }
    }
}

/// A point in time: X-Mms-Delivery-Time, X-Mms-Expiry, X-Mms-Reply-Charging-Deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Seconds since 1970-01-01 UTC.
    Absolute(u64),
    /// Seconds from now.
    Relative(u64),
}

impl Value<'_> for Time {
    fn read(reader: &mut Reader<'_>) -> Result<Self, wsp::Error> {
        let mut value = reader.value()?;
        let at = value;
        match value.octet()? {
            0x80 => value.date().map(Self::Absolute),
            0x81 => value.delta_seconds().map(Self::Relative),
            _ => Err(at.error(ErrorKind::Form)),
        }
    }

    /// Delta-seconds goes out as a Long-integer always: clients read no other form.
    fn write(&self, out: &mut Vec<u8>) {
        write::value(out, |out| {
            let (token, seconds) = match *self {
                Self::Absolute(seconds) => (0x80, seconds),
                Self::Relative(seconds) => (0x81, seconds),
            };
            out.push(token);
            write::long_integer(out, seconds);
        });
    }
}

/// From.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Originator<'a> {
    /// The address of the sender, as it says.
    Address(Address<'a>),
    /// The server is to put in the address of the sender.
    Insert,
}

impl<'a> Value<'a> for Originator<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, wsp::Error> {
        let mut value = reader.value()?;
        let at = value;
        match value.octet()? {
            0x80 => Address::read(&mut value).map(Self::Address),
            0x81 => Ok(Self::Insert),
            _ => Err(at.error(ErrorKind::Form)),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        write::value(out, |out| match self {
            Self::Address(address) => {
                out.push(0x80);
                address.write(out);
            }
            Self::Insert => out.push(0x81),
        });
    }
}

/// A value with a running number: Previously-Sent-By and -Date, and the fields of M-Delete.conf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<T> {
    /// The number; values with the same number belong together.
    pub count: u64,
    /// The value.
    pub value: T,
}

impl<'a, T: Value<'a>> Value<'a> for Counted<T> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, wsp::Error> {
        let mut value = reader.value()?;
        Ok(Self {
            count: value.integer()?,
            value: T::read(&mut value)?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        write::value(out, |out| {
            write::integer(out, self.count);
            self.value.write(out);
        });
    }
}

/// Text-string and Uri-value.
impl<'a> Value<'a> for &'a [u8] {
    fn read(reader: &mut Reader<'a>) -> Result<Self, wsp::Error> {
        reader.text_string()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write::text_string(out, self);
    }
}

/// Date-value and sizes: written as Long-integer, read in either form.
impl Value<'_> for u64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, wsp::Error> {
        reader.integer()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write::long_integer(out, *self);
    }
}

/// Yes (0x80) and No (0x81).
impl Value<'_> for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Self, wsp::Error> {
        let at = *reader;
        match reader.octet()? {
            0x80 => Ok(true),
            0x81 => Ok(false),
            _ => Err(at.error(ErrorKind::Form)),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(if *self { 0x80 } else { 0x81 });
    }
}

impl Value<'_> for Version {
    fn read(reader: &mut Reader<'_>) -> Result<Self, wsp::Error> {
        reader.version()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write::version(out, *self);
    }
}

impl<'a> Value<'a> for EncodedString<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, wsp::Error> {
        reader.encoded_string()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write::encoded_string(out, *self);
    }
}

#[cfg(test)]
mod tests;
