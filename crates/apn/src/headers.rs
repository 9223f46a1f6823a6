//! A view of a request's headers, whoever read them.
//!
//! Between the edge, which has an HTTP head, and the rules, which know no codec. Invariant: fields come in their order,
//! names as they were written, values without white space at their ends.

/// The fields of a request.
pub trait Headers {
    /// Every field as (name, value).
    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])>;
}

/// Fields in a list: for tests and tools.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

/// Names under which networks and phones tell who is asking, beside those that an access point lists. A phone that
/// writes one of these claims an identity.
pub const KNOWN: &[&str] = &[
    "MSISDN",
    "X-3GPP-MSISDN",
    "X-H3G-MSISDN",
    "X-MDN",
    "X-MSISDN",
    "X-Network-Info",
    "X-Nokia-MSISDN",
    "X-Up-Calling-Line-Id",
    "X-Up-Subno",
    "X-VZW-MDN",
    "X-WAP-3GPP-IMSI",
    "X-WAP-3GPP-MSISDN",
    "X-WAP-Client-IP",
    "X-WAP-MSISDN",
    "X-WAP-Network-Client-IP",
    "X-WAP-Network-Client-MSISDN",
];

/// Whether `name` is one of [`KNOWN`].
#[must_use]
pub fn is_known(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'x' | b'X' | b'm' | b'M'))
        && KNOWN
            .iter()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}
