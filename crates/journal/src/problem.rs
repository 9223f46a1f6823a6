//! What can be wrong with a log, where, and what it costs.
//!
//! Scan, recovery and `log verify` report with these words. Invariant: a problem names the segment and the offset at
//! which it stands; everything outside the range that it names is served.

use std::fmt;

use crate::position::{SegmentSequence, Slot};

/// One damaged place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub slot: Slot,
    /// The segment; 0 where it cannot be known.
    pub segment: SegmentSequence,
    /// Octets from the start of the file.
    pub offset: u32,
    /// Octets that it costs; 0 where nothing is lost.
    pub octets: u32,
    /// What it is.
    pub what: Damage,
}

/// The kinds of damage. The environment is at fault in each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Both copies of the claim mark are unreadable, or one is; the groups told whose segment it is.
    Claim,
    /// A copy of the free mark is unreadable.
    FreeMark,
    /// Neither marks nor groups of the file are readable: what was in it is lost. It is left alone.
    Marks,
    /// The file belongs to another journal, or its marks tell another segment size.
    Foreign,
    /// The file is shorter than a segment.
    Truncated,
    /// Two files hold the same segment; the second is left out.
    Duplicate,
    /// Groups that were acknowledged are missing or unreadable here.
    GroupLost,
    /// A group's header is damaged; the records behind it were found whole by themselves.
    GroupHeader,
    /// The record headers of a group are not those that it was written with; its records from here on are lost.
    RecordHeaders,
    /// The bytes of one record are not those that were written.
    RecordBytes,
    /// Octets between the end of a group and its block's end are not zero; nothing is lost.
    Padding,
    /// The sidecar checkpoint is unreadable or does not fit its segment; the segment was scanned instead.
    Sidecar,
    /// A slot file that must be there is missing.
    SlotMissing,
    /// The log ends here in groups that were never acknowledged; they are discarded. Not a fault of the disk.
    TornTail,
}

impl Damage {
    /// Whether acknowledged records are lost by it.
    #[must_use]
    pub fn loses_records(self) -> bool {
        match self {
            Self::Marks
            | Self::Foreign
            | Self::Truncated
            | Self::Duplicate
            | Self::GroupLost
            | Self::RecordHeaders
            | Self::RecordBytes
            | Self::SlotMissing => true,
            Self::Claim
            | Self::FreeMark
            | Self::GroupHeader
            | Self::Padding
            | Self::Sidecar
            | Self::TornTail => false,
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claim => "claim mark damaged",
            Self::FreeMark => "free mark damaged",
            Self::Marks => "no mark or group readable",
            Self::Foreign => "file of another journal or segment size",
            Self::Truncated => "file shorter than a segment",
            Self::Duplicate => "segment found in two files",
            Self::GroupLost => "acknowledged groups lost",
            Self::GroupHeader => "group header damaged",
            Self::RecordHeaders => "record headers damaged",
            Self::RecordBytes => "record bytes damaged",
            Self::Padding => "padding not zero",
            Self::Sidecar => "sidecar checkpoint damaged",
            Self::SlotMissing => "slot file missing",
            Self::TornTail => "torn tail",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            slot,
            segment,
            offset,
            octets,
            what,
        } = self;
        write!(f, "{segment} ({slot}) at {offset}: {what}")?;
        if *octets > 0 {
            write!(f, " ({octets} octets)")?;
        }
        Ok(())
    }
}
