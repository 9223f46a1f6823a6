//! Attributes of 3GPP (vendor 10415, TS 29.061 §16.4.7): what the packet core knows of the subscriber.
//!
//! Inside [`crate::Accounting`]. Invariants: other vendors' attributes are passed over unread; a sub-attribute of 3GPP
//! whose length does not fit is an error; one whose number is not listed here is passed over.

use crate::accounting::{number, once};
use crate::attribute::{Attribute, Attributes};
use crate::error::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The number of 3GPP as a vendor.
pub const VENDOR_3GPP: u32 = 10_415;

/// What 3GPP's attributes say. Texts are as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreeGpp<'b> {
    /// 1: up to 15 digits.
    pub imsi: Option<&'b [u8]>,
    /// 2.
    pub charging_id: Option<u32>,
    /// 6 or 15: the node that the phone is at.
    pub sgsn_address: Option<IpAddr>,
    /// 7 or 16: the node that gives out addresses.
    pub ggsn_address: Option<IpAddr>,
    /// 8: 5 or 6 digits.
    pub imsi_mcc_mnc: Option<&'b [u8]>,
    /// 9: 5 or 6 digits.
    pub ggsn_mcc_mnc: Option<&'b [u8]>,
    /// 10.
    pub nsapi: Option<&'b [u8]>,
    /// 11: the session has ended with its last bearer, not one bearer of several.
    pub session_stop: bool,
    /// 18: 5 or 6 digits; another one than the subscriber's own network means roaming.
    pub sgsn_mcc_mnc: Option<&'b [u8]>,
    /// 20: up to 16 digits; its first eight tell the type of phone.
    pub imeisv: Option<&'b [u8]>,
    /// 21: 1 UTRAN, 2 GERAN, 3 WLAN, 4 GAN, 5 HSPA+, 6 EUTRAN, 7 virtual, more in later releases.
    pub rat_type: Option<u8>,
    /// 22: type and cell, as TS 29.061 packs them.
    pub user_location: Option<&'b [u8]>,
    /// 23: quarter hours and daylight saving, as TS 23.040 packs them.
    pub time_zone: Option<[u8; 2]>,
}

impl<'b> ThreeGpp<'b> {
    /// Takes what one Vendor-Specific attribute says.
    pub(crate) fn take(&mut self, attribute: Attribute<'b>) -> Result<(), Error> {
        let Some((vendor, inner)) = attribute.value.split_first_chunk::<4>() else {
            return Err(Error::new(ErrorKind::Form, attribute.offset));
        };
        if u32::from_be_bytes(*vendor) != VENDOR_3GPP {
            return Ok(());
        }
        let mut walk = Attributes::new(inner, attribute.offset.saturating_add(6));
        for inner in walk.by_ref() {
            self.take_inner(inner)?;
        }
        if walk.stuck() {
            return Err(Error::new(ErrorKind::VendorLength, walk.offset()));
        }
        Ok(())
    }

    fn take_inner(&mut self, attribute: Attribute<'b>) -> Result<(), Error> {
        let Attribute {
            number: kind,
            value,
            offset,
        } = attribute;
        let form = || Error::new(ErrorKind::Form, offset);
        match kind {
            1 => once(&mut self.imsi, value, offset),
            2 => once(&mut self.charging_id, number(attribute)?, offset),
            6 | 15 => once(&mut self.sgsn_address, address(value).ok_or_else(form)?, offset),
            7 | 16 => once(&mut self.ggsn_address, address(value).ok_or_else(form)?, offset),
            8 => once(&mut self.imsi_mcc_mnc, value, offset),
            9 => once(&mut self.ggsn_mcc_mnc, value, offset),
            10 => once(&mut self.nsapi, value, offset),
            11 => {
                self.session_stop = true;
                Ok(())
            }
            18 => once(&mut self.sgsn_mcc_mnc, value, offset),
            20 => once(&mut self.imeisv, value, offset),
            21 => {
                // One octet (TS 29.061 §16.4.7.1); four are met where a dictionary calls it an integer.
                let (&[rat] | &[0, 0, 0, rat]) = value else {
                    return Err(form());
                };
                once(&mut self.rat_type, rat, offset)
            }
            22 => once(&mut self.user_location, value, offset),
            23 => once(
                &mut self.time_zone,
                <[u8; 2]>::try_from(value).map_err(|_| form())?,
                offset,
            ),
            _ => Ok(()),
        }
    }
}

/// Four octets or sixteen.
fn address(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => <[u8; 4]>::try_from(value)
            .ok()
            .map(|v4| IpAddr::V4(Ipv4Addr::from(v4))),
        16 => <[u8; 16]>::try_from(value)
            .ok()
            .map(|v6| IpAddr::V6(Ipv6Addr::from(v6))),
        _ => None,
    }
}
