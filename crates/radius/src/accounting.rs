//! An Accounting-Request as values: what happened, to which session, at which address, of whom.
//!
//! Behind [`Packet::verify`]; the rules' map is fed from it. Invariants: texts are borrowed as they came; an attribute
//! that may stand once and contradicts itself makes the whole packet an error, since it would decide who is charged.

use crate::attribute::{self as at, Attribute};
use crate::error::{Error, ErrorKind};
use crate::packet::Packet;
use crate::vendor::ThreeGpp;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Acct-Status-Type (RFC 2866 §5.1), those that sessions are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// A session began.
    Start = 1,
    /// It ended.
    Stop = 2,
    /// It is still there.
    InterimUpdate = 3,
    /// The access server came up: none of its sessions lives.
    AccountingOn = 7,
    /// The access server goes down: none of its sessions lives.
    AccountingOff = 8,
}

impl Status {
    fn from_wire(value: u32) -> Option<Status> {
        match value {
            1 => Some(Status::Start),
            2 => Some(Status::Stop),
            3 => Some(Status::InterimUpdate),
            7 => Some(Status::AccountingOn),
            8 => Some(Status::AccountingOff),
            _ => None,
        }
    }
}

/// An IPv6 prefix; the bits behind it are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Prefix {
    /// Its address.
    pub address: Ipv6Addr,
    /// How many leading bits are fixed, 0 to 128.
    pub bits: u8,
}

/// What an Accounting-Request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounting<'b> {
    /// What happened.
    pub status: Status,
    /// Acct-Session-Id: names the session at its access server.
    pub session_id: Option<&'b [u8]>,
    /// Acct-Multi-Session-Id: links sessions of one subscriber.
    pub multi_session_id: Option<&'b [u8]>,
    /// User-Name.
    pub user_name: Option<&'b [u8]>,
    /// NAS-IP-Address.
    pub nas_ip: Option<Ipv4Addr>,
    /// NAS-IPv6-Address.
    pub nas_ipv6: Option<Ipv6Addr>,
    /// NAS-Identifier.
    pub nas_identifier: Option<&'b [u8]>,
    /// Framed-IP-Address; none for the two values that say "not told" (RFC 2865 §5.8).
    pub framed_ip: Option<Ipv4Addr>,
    /// Framed-IPv6-Prefix.
    pub framed_ipv6_prefix: Option<Ipv6Prefix>,
    /// Framed-Interface-Id.
    pub framed_interface_id: Option<u64>,
    /// Framed-IPv6-Address.
    pub framed_ipv6_address: Option<Ipv6Addr>,
    /// Delegated-IPv6-Prefix.
    pub delegated_ipv6_prefix: Option<Ipv6Prefix>,
    /// Calling-Station-Id: the MSISDN.
    pub calling_station_id: Option<&'b [u8]>,
    /// Called-Station-Id: the access point name.
    pub called_station_id: Option<&'b [u8]>,
    /// Event-Timestamp: seconds since 1970 at which it happened.
    pub event_timestamp: Option<u32>,
    /// Acct-Delay-Time: seconds that the client has been trying to tell.
    pub delay_s: Option<u32>,
    /// Acct-Session-Time: seconds since the session began.
    pub session_s: Option<u32>,
    /// Acct-Terminate-Cause: RFC 2866 §5.10.
    pub terminate_cause: Option<u32>,
    /// Class: the first one; opaque.
    pub class: Option<&'b [u8]>,
    /// What 3GPP adds.
    pub three_gpp: ThreeGpp<'b>,
}

impl<'b> Accounting<'b> {
    /// Reads a request's attributes. Ask [`Packet::verify`] first.
    ///
    /// # Errors
    /// `Status`, `Form`, `Repeated` or `VendorLength`; the peer's fault.
    pub fn read(packet: &Packet<'b>) -> Result<Accounting<'b>, Error> {
        let mut status = None;
        let mut accounting = Accounting::empty();
        for attribute in packet.attributes() {
            if attribute.number == at::ACCT_STATUS_TYPE {
                let known = Status::from_wire(number(attribute)?);
                let known = known.ok_or(Error::new(ErrorKind::Status, attribute.offset))?;
                once(&mut status, known, attribute.offset)?;
            } else {
                accounting.take(attribute)?;
            }
        }
        let end = packet.octets().len();
        accounting.status = status.ok_or(Error::new(ErrorKind::Status, end))?;
        Ok(accounting)
    }

    fn empty() -> Accounting<'b> {
        Accounting {
            status: Status::InterimUpdate,
            session_id: None,
            multi_session_id: None,
            user_name: None,
            nas_ip: None,
            nas_ipv6: None,
            nas_identifier: None,
            framed_ip: None,
            framed_ipv6_prefix: None,
            framed_interface_id: None,
            framed_ipv6_address: None,
            delegated_ipv6_prefix: None,
            calling_station_id: None,
            called_station_id: None,
            event_timestamp: None,
            delay_s: None,
            session_s: None,
            terminate_cause: None,
            class: None,
            three_gpp: ThreeGpp::default(),
        }
    }

    fn take(&mut self, attribute: Attribute<'b>) -> Result<(), Error> {
        let Attribute {
            number: kind,
            value,
            offset,
        } = attribute;
        match kind {
            at::USER_NAME => once(&mut self.user_name, value, offset),
            at::NAS_IP_ADDRESS => once(&mut self.nas_ip, ipv4(attribute)?, offset),
            at::NAS_IPV6_ADDRESS => once(&mut self.nas_ipv6, ipv6(attribute)?, offset),
            at::NAS_IDENTIFIER => once(&mut self.nas_identifier, value, offset),
            at::FRAMED_IP_ADDRESS => {
                let address = ipv4(attribute)?;
                // 0xFFFFFFFF and 0xFFFFFFFE leave the choice to others: no address is told (RFC 2865 §5.8).
                if address.to_bits() >= 0xFFFF_FFFE {
                    return Ok(());
                }
                once(&mut self.framed_ip, address, offset)
            }
            at::FRAMED_IPV6_PREFIX => once(&mut self.framed_ipv6_prefix, prefix(attribute)?, offset),
            at::DELEGATED_IPV6_PREFIX => once(&mut self.delegated_ipv6_prefix, prefix(attribute)?, offset),
            at::FRAMED_IPV6_ADDRESS => once(&mut self.framed_ipv6_address, ipv6(attribute)?, offset),
            at::FRAMED_INTERFACE_ID => {
                let id = u64::from_be_bytes(exactly(attribute)?);
                once(&mut self.framed_interface_id, id, offset)
            }
            at::CALLING_STATION_ID => once(&mut self.calling_station_id, value, offset),
            at::CALLED_STATION_ID => once(&mut self.called_station_id, value, offset),
            at::ACCT_SESSION_ID => once(&mut self.session_id, value, offset),
            at::ACCT_MULTI_SESSION_ID => once(&mut self.multi_session_id, value, offset),
            at::EVENT_TIMESTAMP => once(&mut self.event_timestamp, number(attribute)?, offset),
            at::ACCT_DELAY_TIME => once(&mut self.delay_s, number(attribute)?, offset),
            at::ACCT_SESSION_TIME => once(&mut self.session_s, number(attribute)?, offset),
            at::ACCT_TERMINATE_CAUSE => once(&mut self.terminate_cause, number(attribute)?, offset),
            at::CLASS => {
                self.class = self.class.or(Some(value));
                Ok(())
            }
            at::VENDOR_SPECIFIC => self.three_gpp.take(attribute),
            _ => Ok(()),
        }
    }
}

/// Takes a value; the same one again is passed over.
pub(crate) fn once<T: PartialEq>(place: &mut Option<T>, value: T, offset: usize) -> Result<(), Error> {
    match place {
        Some(other) if *other != value => Err(Error::new(ErrorKind::Repeated, offset)),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

fn exactly<const OCTETS: usize>(attribute: Attribute<'_>) -> Result<[u8; OCTETS], Error> {
    <[u8; OCTETS]>::try_from(attribute.value).map_err(|_| Error::new(ErrorKind::Form, attribute.offset))
}

/// A four-octet number.
pub(crate) fn number(attribute: Attribute<'_>) -> Result<u32, Error> {
    Ok(u32::from_be_bytes(exactly(attribute)?))
}

fn ipv4(attribute: Attribute<'_>) -> Result<Ipv4Addr, Error> {
    Ok(Ipv4Addr::from(exactly::<4>(attribute)?))
}

fn ipv6(attribute: Attribute<'_>) -> Result<Ipv6Addr, Error> {
    Ok(Ipv6Addr::from(exactly::<16>(attribute)?))
}

/// Reserved octet, length in bits, then only as many octets as it takes (RFC 3162 §2.3). Bits behind the prefix must
/// be zero; some senders leave the interface there, so they are masked, not refused.
fn prefix(attribute: Attribute<'_>) -> Result<Ipv6Prefix, Error> {
    let form = Error::new(ErrorKind::Form, attribute.offset);
    let [_, bits, octets @ ..] = attribute.value else {
        return Err(form);
    };
    if *bits > 128 || octets.len() > 16 || octets.len().saturating_mul(8) < usize::from(*bits) {
        return Err(form);
    }
    let mut address = [0; 16];
    address
        .get_mut(..octets.len())
        .ok_or(form)?
        .copy_from_slice(octets);
    let free = 128_u32.saturating_sub(u32::from(*bits));
    let mask = u128::MAX.checked_shl(free).unwrap_or(0);
    Ok(Ipv6Prefix {
        address: Ipv6Addr::from(u128::from_be_bytes(address) & mask),
        bits: *bits,
    })
}

#[cfg(test)]
pub(crate) mod tests;
