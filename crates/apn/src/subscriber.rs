//! What is known of a subscriber beside the number: IMSI, IMEISV, network and access technology.
//!
//! Words of this crate. Invariants: each fits 64 bits with its count of digits, so that leading zeros (network 001)
//! survive; none is printed whole by `Debug`.

use base::Msisdn;
use std::fmt;

macro_rules! digits {
    ($(#[$doc:meta])* $Name:ident $min:literal $max:literal $shift:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $Name(u64);

        impl $Name {
            /// From ASCII digits; `None` for another count or another character.
            #[must_use]
            pub fn from_digits(digits: &[u8]) -> Option<$Name> {
                if !($min..=$max).contains(&digits.len()) {
                    return None;
                }
                let mut value = 0_u64;
                for &digit in digits {
                    if !digit.is_ascii_digit() {
                        return None;
                    }
                    value = value * 10 + u64::from(digit - b'0');
                }
                Some($Name(value | (digits.len() as u64) << $shift))
            }

            /// The stored form; never 0.
            #[must_use]
            pub fn bits(self) -> u64 {
                self.0
            }

            /// From its stored form; `None` for 0 and for what no digits have.
            #[must_use]
            pub fn from_bits(bits: u64) -> Option<$Name> {
                let (count, value) = (bits >> $shift, bits & ((1 << $shift) - 1));
                let fits = ($min..=$max).contains(&count) && value < 10_u64.pow(count as u32);
                fits.then_some($Name(bits))
            }

            /// How many digits.
            #[must_use]
            pub fn count(self) -> usize {
                (self.0 >> $shift) as usize
            }
        }

        impl fmt::Display for $Name {
            /// The digits.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:0width$}", self.0 & ((1 << $shift) - 1), width = self.count())
            }
        }
    };
}

digits! {
    /// The subscriber's identity on the SIM: 6 to 15 digits (ITU-T E.212 §3: at most 15).
    Imsi 6 15 50
}

digits! {
    /// The phone's serial number: 14 to 16 digits (3GPP TS 23.003 §6.2: IMEI 15, IMEISV 16; some leave the check out).
    Imeisv 14 16 54
}

digits! {
    /// A network: country code of three digits and network code of two or three (ITU-T E.212 §3).
    Plmn 5 6 20
}

impl fmt::Debug for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imsi(…{:02})", (self.0 & ((1 << 50) - 1)) % 100)
    }
}

impl fmt::Debug for Imeisv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imeisv(…{:02})", (self.0 & ((1 << 54) - 1)) % 100)
    }
}

impl fmt::Debug for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plmn({self})")
    }
}

/// What a session says of its subscriber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The number; without one nobody is identified.
    pub msisdn: Option<Msisdn>,
    /// The SIM.
    pub imsi: Option<Imsi>,
    /// The phone.
    pub imeisv: Option<Imeisv>,
    /// The network that the phone is in; another one than its own is roaming.
    pub sgsn: Option<Plmn>,
    /// 3GPP-RAT-Type (TS 29.061 §16.4.7.2).
    pub rat: Option<u8>,
}

impl Facts {
    /// These, and where they say nothing what `older` says.
    #[must_use]
    pub fn over(self, older: Facts) -> Facts {
        Facts {
            msisdn: self.msisdn.or(older.msisdn),
            imsi: self.imsi.or(older.imsi),
            imeisv: self.imeisv.or(older.imeisv),
            sgsn: self.sgsn.or(older.sgsn),
            rat: self.rat.or(older.rat),
        }
    }

    /// Whether both may be of one subscriber: what both say is the same.
    #[must_use]
    pub fn agree(&self, other: &Facts) -> bool {
        let numbers = self.msisdn.is_none() || other.msisdn.is_none() || self.msisdn == other.msisdn;
        let sims = self.imsi.is_none() || other.imsi.is_none() || self.imsi == other.imsi;
        numbers && sims
    }
}

#[cfg(test)]
mod tests;
