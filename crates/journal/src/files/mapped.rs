//! A sealed segment, mapped for reading, under a lease.
//!
//! Every reader off the shards reads sealed segments through this: recovery's store, cursors, `log` tools. Invariants:
//! the lease lives as long as the map, so that the file is not recycled under a view; the map is known to the SIGBUS
//! handler by its journal and segment; a record is given out only when its checksum holds.

use std::fs::File;
use std::io;

use memmap2::Mmap;

use crate::files::sigbus::Registration;
use crate::files::slots::{JournalFiles, map_file};
use crate::operation::{Place, SegmentMark};
use crate::position::{Geometry, Location};
use crate::published::Lease;
use crate::scan::{ReadRefused, RecordView, ScanIdentity, SegmentScan, Successor};

/// A mapped segment.
#[derive(Debug)]
pub struct MappedSegment {
    // Before the map, so that the handler forgets the range before it is unmapped.
    _registration: Option<Registration>,
    map: Mmap,
    place: Place,
    mark: SegmentMark,
    files: JournalFiles,
    _lease: Option<Lease>,
}

impl MappedSegment {
    /// Maps the segment that a lease holds.
    ///
    /// # Errors
    /// What the system answered; `NotFound` when the file holds another segment.
    pub fn open(files: &JournalFiles, lease: Lease) -> io::Result<Self> {
        let place = Place {
            slot: lease.slot(),
            segment: lease.segment(),
        };
        Self::map(files, place, Some(lease))
    }

    /// Maps a segment of a stopped server, or during recovery, when nothing is recycled.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_stopped(files: &JournalFiles, place: Place) -> io::Result<Self> {
        Self::map(files, place, None)
    }

    fn map(files: &JournalFiles, place: Place, lease: Option<Lease>) -> io::Result<Self> {
        let claim = files.claim(place.slot)?;
        let Some((_, mark)) = claim.filter(|&(segment, _)| segment == place.segment) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let map = map_file(&File::open(files.slot_path(place.slot))?)?;
        let registration = Registration::of(&map, files.identity().journal, place.segment);
        Ok(Self {
            _registration: registration,
            map,
            place,
            mark,
            files: files.clone(),
            _lease: lease,
        })
    }

    /// File and segment.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// The record at a location.
    ///
    /// # Errors
    /// [`ReadRefused`]; nothing that is not the record asked for, whole, is ever given out.
    pub fn read(&self, location: Location) -> Result<RecordView<'_>, ReadRefused> {
        if location.segment != self.place.segment {
            return Err(ReadRefused::NotThere);
        }
        let bytes = self
            .map
            .get(location.offset as usize..)
            .ok_or(ReadRefused::Outside)?;
        RecordView::parse(bytes, location, self.geometry())
    }

    /// A walk over all its groups; everything in it is known to be durable.
    #[must_use]
    pub fn scan(&self) -> SegmentScan<'_> {
        SegmentScan::new(&self.map, self.scan_identity())
    }

    /// A walk from a group's offset on.
    pub(crate) fn scan_from(&self, offset: u32, expected_crc: Option<u32>) -> SegmentScan<'_> {
        let bytes = self.map.get(offset as usize..).unwrap_or_default();
        SegmentScan::window(bytes, offset, self.scan_identity(), expected_crc)
    }

    fn geometry(&self) -> Geometry {
        self.files.identity().geometry
    }

    fn scan_identity(&self) -> ScanIdentity {
        let identity = self.files.identity();
        ScanIdentity {
            journal: identity.journal,
            place: self.place,
            mark: self.mark,
            geometry: identity.geometry,
            successor: Successor::Present,
        }
    }
}
