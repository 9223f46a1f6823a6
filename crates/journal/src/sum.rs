//! CRC-32C of octets of which a part has been summed before.
//!
//! Under the open group. What a record ends with was often summed already, on its way here, and summing 30 KB costs
//! more than everything else that an append does but the copy. Invariant: a joined sum is the sum of the whole.

/// The last octets of a record's body, and their CRC-32C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summed {
    /// How many they are.
    pub octets: u32,
    /// CRC-32C (Castagnoli), as the crate `crc32c` and RFC 3720 §12.1 have it.
    pub crc: u32,
}

/// Octets below which it is quicker to sum them once more. Reason: joining takes some 0.2 µs, in which 4 KB are summed.
pub(crate) const SUMMED_OCTETS_MIN: u32 = 8 << 10;

/// The polynomial of CRC-32C, reflected: the highest bit of a word is the coefficient of x^0 (RFC 3720 §12.1).
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// Powers of x^8, by which a sum is multiplied for each zero octet behind it: entry n is for 2^n octets.
const SHIFTS: [u32; 32] = {
    let mut shifts = [0x0080_0000; 32];
    let mut entry = 1;
    while entry < shifts.len() {
        shifts[entry] = product(shifts[entry - 1], shifts[entry - 1]);
        entry += 1;
    }
    shifts
};

/// The product of two polynomials over GF(2), modulo that of CRC-32C.
const fn product(left: u32, right: u32) -> u32 {
    let (mut sum, mut power, mut bits) = (0, right, left);
    while bits != 0 {
        // The highest bit of `bits` stands for the power that `power` has reached.
        sum ^= power & ((bits >> 31).wrapping_neg());
        power = (power >> 1) ^ (POLYNOMIAL & ((power & 1).wrapping_neg()));
        bits <<= 1;
    }
    sum
}

/// The sum of octets whose first part sums to `first`, and whose second is `second`.
pub(crate) fn joined(first: u32, second: Summed) -> u32 {
    let mut shifted = first;
    let mut octets = second.octets;
    for shift in SHIFTS {
        if octets & 1 == 1 {
            shifted = product(shift, shifted);
        }
        octets >>= 1;
        if octets == 0 {
            break;
        }
    }
    shifted ^ second.crc
}

#[cfg(test)]
mod tests;
