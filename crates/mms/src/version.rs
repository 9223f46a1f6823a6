//! Which version to answer with.
//!
//! Invariant: an answer never has a newer version than its reader understands. OMA-TS-MMS_ENC clause 7.4.

use wsp::Version;

/// The newest version that the server writes. Clients of every age read 1.2; nothing it sends needs 1.3.
pub const WRITTEN_MAX: Version = Version::V1_2;

/// The version of an answer to a client that speaks `client`; 1.0 when its version could not be read or is of
/// another major.
#[must_use]
pub fn answer(client: Option<Version>) -> Version {
    match client {
        Some(version) if version.major() == 1 => version.min(WRITTEN_MAX),
        _ => Version::V1_0,
    }
}
