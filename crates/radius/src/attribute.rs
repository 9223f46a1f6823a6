//! Attributes of a packet: their numbers, and the walk over them.
//!
//! Used by every reader of a packet. Invariants: [`Attributes`] walks octets whose lengths [`crate::Packet::read`] has
//! checked, so that each value lies within the packet; the walk is linear.

/// User-Name (RFC 2865 §5.1).
pub const USER_NAME: u8 = 1;
/// NAS-IP-Address (RFC 2865 §5.4).
pub const NAS_IP_ADDRESS: u8 = 4;
/// Framed-IP-Address (RFC 2865 §5.8).
pub const FRAMED_IP_ADDRESS: u8 = 8;
/// Class (RFC 2865 §5.25).
pub const CLASS: u8 = 25;
/// Vendor-Specific (RFC 2865 §5.26).
pub const VENDOR_SPECIFIC: u8 = 26;
/// Called-Station-Id (RFC 2865 §5.30): the access point name.
pub const CALLED_STATION_ID: u8 = 30;
/// Calling-Station-Id (RFC 2865 §5.31): the MSISDN.
pub const CALLING_STATION_ID: u8 = 31;
/// NAS-Identifier (RFC 2865 §5.32).
pub const NAS_IDENTIFIER: u8 = 32;
/// Proxy-State (RFC 2865 §5.33).
pub const PROXY_STATE: u8 = 33;
/// Acct-Status-Type (RFC 2866 §5.1).
pub const ACCT_STATUS_TYPE: u8 = 40;
/// Acct-Delay-Time (RFC 2866 §5.2).
pub const ACCT_DELAY_TIME: u8 = 41;
/// Acct-Session-Id (RFC 2866 §5.5).
pub const ACCT_SESSION_ID: u8 = 44;
/// Acct-Session-Time (RFC 2866 §5.7).
pub const ACCT_SESSION_TIME: u8 = 46;
/// Acct-Terminate-Cause (RFC 2866 §5.10).
pub const ACCT_TERMINATE_CAUSE: u8 = 49;
/// Acct-Multi-Session-Id (RFC 2866 §5.11).
pub const ACCT_MULTI_SESSION_ID: u8 = 50;
/// Event-Timestamp (RFC 2869 §5.3).
pub const EVENT_TIMESTAMP: u8 = 55;
/// Message-Authenticator (RFC 2869 §5.14).
pub const MESSAGE_AUTHENTICATOR: u8 = 80;
/// NAS-IPv6-Address (RFC 3162 §2.1).
pub const NAS_IPV6_ADDRESS: u8 = 95;
/// Framed-Interface-Id (RFC 3162 §2.2).
pub const FRAMED_INTERFACE_ID: u8 = 96;
/// Framed-IPv6-Prefix (RFC 3162 §2.3).
pub const FRAMED_IPV6_PREFIX: u8 = 97;
/// Delegated-IPv6-Prefix (RFC 4818 §3).
pub const DELEGATED_IPV6_PREFIX: u8 = 123;
/// Framed-IPv6-Address (RFC 6911 §3.1).
pub const FRAMED_IPV6_ADDRESS: u8 = 168;

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'b> {
    /// Its number.
    pub number: u8,
    /// Its value, 0 to 253 octets.
    pub value: &'b [u8],
    /// Where the attribute (not the value) starts in the datagram.
    pub offset: usize,
}

/// The walk over the attributes, in their order.
#[derive(Clone, Debug)]
pub struct Attributes<'b> {
    rest: &'b [u8],
    offset: usize,
}

impl<'b> Attributes<'b> {
    /// Walks `rest`, which starts at `offset` of the datagram.
    pub(crate) fn new(rest: &'b [u8], offset: usize) -> Attributes<'b> {
        Attributes { rest, offset }
    }

    /// Where the next attribute starts; behind the last one when the walk has ended.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Whether octets are left that are no attribute.
    pub(crate) fn stuck(&self) -> bool {
        !self.rest.is_empty()
    }
}

impl<'b> Iterator for Attributes<'b> {
    type Item = Attribute<'b>;

    fn next(&mut self) -> Option<Attribute<'b>> {
        let [number, length, ..] = *self.rest else {
            return None;
        };
        let value = self.rest.get(2..usize::from(length))?;
        let attribute = Attribute {
            number,
            value,
            offset: self.offset,
        };
        self.rest = self.rest.get(usize::from(length)..)?;
        self.offset = self.offset.saturating_add(usize::from(length));
        Some(attribute)
    }
}
