//! The journal's limits and settings, checked once.
//!
//! Built from the configuration before a journal is opened; a [`Settings`] that exists holds its relations. Each
//! limit names its unit and reason.

use crate::position::{BLOCK_OCTETS, Geometry};

/// Most groups on their way to the disk at once: more than four gave no more throughput on the disks measured, and
/// each widens the window that recovery must search.
pub const GROUPS_IN_FLIGHT_MAX: u8 = 4;

/// Largest group, 16 MiB: a group is one write, and the ring's other users wait behind it.
pub const GROUP_OCTETS_MAX: u32 = 16 << 20;

/// Most segment files of one journal: a slot is 16 bits, and a lease word of each lies in memory (4,096 segments of
/// 1 GiB are 4 TiB a shard).
pub const SEGMENTS_MAX: u16 = 4096;

/// What the operator chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsDraft {
    /// Octets of a segment file: a power of two, 1 MiB to 2 GiB. Production 1 GiB; laptop 64 MiB.
    pub segment_octets: u32,
    /// Octets of the largest group, and so of the largest record with its frame: a multiple of 4,096, at most
    /// 16 MiB and a quarter of a segment's payload.
    pub group_octets: u32,
    /// Groups on their way to the disk at once, 1 to 4.
    pub groups_in_flight: u8,
    /// Most segment files, at least `segments_reserved` + 2.
    pub segments_max: u16,
    /// Segments' worth of filled space that only state records may use: admission of new messages closes there.
    pub segments_reserved: u16,
    /// Segments to keep claimed and ready ahead of the writer, at least 1.
    pub segments_ahead: u16,
    /// A sealed segment with fewer pinned octets in the hundred than this is a candidate for evacuation, 0 to 100.
    pub evacuate_below_percent: u8,
}

/// Settings whose relations hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub(crate) draft: SettingsDraft,
    pub(crate) geometry: Geometry,
}

/// Which setting breaks which relation. The operator is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} must be {relation}")]
pub struct SettingsError {
    /// Name of the setting.
    pub setting: &'static str,
    /// What must hold.
    pub relation: &'static str,
}

impl SettingsDraft {
    /// Small defaults for a laptop, `demo` and tests: eight segments of 64 MiB, groups of up to 4 MiB.
    #[must_use]
    pub fn laptop() -> Self {
        Self {
            segment_octets: 64 << 20,
            group_octets: 4 << 20,
            groups_in_flight: 2,
            segments_max: 8,
            segments_reserved: 1,
            segments_ahead: 1,
            evacuate_below_percent: 25,
        }
    }
}

impl Settings {
    /// Checks the relations.
    ///
    /// # Errors
    /// The first setting that breaks its relation.
    pub fn new(draft: SettingsDraft) -> Result<Self, SettingsError> {
        let refuse = |setting, relation| Err(SettingsError { setting, relation });
        let Some(geometry) = Geometry::new(draft.segment_octets) else {
            return refuse("segment_octets", "a power of two from 1 MiB to 2 GiB");
        };
        let group_octets_max = GROUP_OCTETS_MAX.min(geometry.payload_octets() / 4);
        if draft.group_octets == 0
            || !draft.group_octets.is_multiple_of(BLOCK_OCTETS)
            || draft.group_octets > group_octets_max
        {
            return refuse(
                "group_octets",
                "a multiple of 4,096, at most 16 MiB and a quarter of a segment",
            );
        }
        if draft.groups_in_flight == 0 || draft.groups_in_flight > GROUPS_IN_FLIGHT_MAX {
            return refuse("groups_in_flight", "1 to 4");
        }
        if draft.segments_max > SEGMENTS_MAX {
            return refuse("segments_max", "at most 4,096");
        }
        if draft.segments_max < draft.segments_reserved.saturating_add(2) {
            return refuse("segments_max", "at least segments_reserved + 2");
        }
        if draft.segments_ahead == 0 || draft.segments_ahead > draft.segments_max / 2 {
            return refuse("segments_ahead", "at least 1 and at most half of segments_max");
        }
        if draft.evacuate_below_percent > 100 {
            return refuse("evacuate_below_percent", "0 to 100");
        }
        Ok(Self { draft, geometry })
    }

    /// The size of a segment, for turning LSNs into places.
    #[must_use]
    pub fn geometry(self) -> Geometry {
        self.geometry
    }

    /// What the operator chose.
    #[must_use]
    pub fn draft(self) -> SettingsDraft {
        self.draft
    }

    /// Buffers that the hands should give: one being filled, one closed and waiting, and those on their way.
    #[must_use]
    pub fn buffers(self) -> usize {
        usize::from(self.draft.groups_in_flight) + 2
    }
}
