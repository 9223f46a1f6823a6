//! `log verify` and `log dump`: every byte of a stopped server's data, judged.
//!
//! Invariants: nothing is written; sidecars are not trusted but judged themselves; every damaged place is reported
//! with segment, offset and what it is.

use std::fs;
use std::io;

use crate::files::directory::Directory;
use crate::files::manifest::JournalEntry;
use crate::files::slots::JournalFiles;
use crate::frame::GroupHeader;
use crate::operation::Place;
use crate::position::JournalId;
use crate::problem::{Damage, Problem};
use crate::recovery::{PROBLEMS_KEPT_MAX, inspect};
use crate::scan::{RecordView, ScanIdentity, Step, Successor};
use crate::sidecar::SidecarView;

/// One journal's verdict.
#[derive(Clone, Debug)]
pub struct JournalVerification {
    /// The journal.
    pub journal: JournalId,
    /// Whole groups.
    pub groups: u64,
    /// Whole records.
    pub records: u64,
    /// Octets of the frames of whole records.
    pub octets: u64,
    /// Damaged places in log order, up to [`PROBLEMS_KEPT_MAX`]; a torn tail is among them and is no fault.
    pub problems: Vec<Problem>,
    /// Damaged places in all.
    pub problems_total: u64,
}

/// A data directory's verdict.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Its journals.
    pub journals: Vec<JournalVerification>,
}

impl JournalVerification {
    fn note(&mut self, problem: Problem) {
        self.problems_total += 1;
        if self.problems.len() < PROBLEMS_KEPT_MAX {
            self.problems.push(problem);
        }
    }
}

impl Verification {
    /// Whether nothing is damaged; a torn tail is what every kill leaves.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let faults = |journal: &JournalVerification| {
            journal.problems_total > PROBLEMS_KEPT_MAX as u64
                || journal
                    .problems
                    .iter()
                    .any(|problem| problem.what != Damage::TornTail)
        };
        !self.journals.iter().any(faults)
    }
}

impl Directory {
    /// Judges every journal of a stopped server's data.
    ///
    /// # Errors
    /// What the system answered; damage is no error but what the answer tells of.
    pub fn verify(&self) -> io::Result<Verification> {
        let verify = |entry: &JournalEntry| self.journal(entry)?.verify(entry);
        let journals = self
            .manifest()
            .journals
            .iter()
            .map(verify)
            .collect::<io::Result<_>>()?;
        Ok(Verification { journals })
    }
}

impl JournalFiles {
    fn verify(&self, entry: &JournalEntry) -> io::Result<JournalVerification> {
        use crate::files::manifest::JournalRole;
        let mut verdict = JournalVerification {
            journal: entry.id,
            groups: 0,
            records: 0,
            octets: 0,
            problems: Vec::new(),
            problems_total: 0,
        };
        let slots = self.map_slots()?;
        // An adopted journal's files are removed one by one as they are freed.
        if entry.role == JournalRole::Open {
            self.missing_slots(&slots)
                .into_iter()
                .for_each(|problem| verdict.note(problem));
        }
        let mut seen = None;
        inspect(self.identity(), &slots.images(), |place, step| match step {
            Step::Problem(problem) => verdict.note(problem),
            Step::Group(group) => {
                if seen != Some(place) {
                    seen = Some(place);
                    self.verify_sidecar(place, group.header(), &mut verdict);
                }
                verdict.groups += 1;
                for record in group.records() {
                    verdict.records += 1;
                    verdict.octets += u64::from(record.location.length);
                }
                if group.is_whole() && !group.padding_is_zero() {
                    let offset = group.offset() + group.header().length;
                    let Place { slot, segment } = place;
                    verdict.note(Problem {
                        slot,
                        segment,
                        offset,
                        octets: 0,
                        what: Damage::Padding,
                    });
                }
            }
        });
        Ok(verdict)
    }

    /// A sidecar that is there must be whole and of its segment.
    fn verify_sidecar(&self, place: Place, header: &GroupHeader, verdict: &mut JournalVerification) {
        let Ok(bytes) = fs::read(self.sidecar_path(place.segment)) else {
            return;
        };
        let identity = ScanIdentity {
            journal: self.identity().journal,
            place,
            mark: header.mark,
            geometry: self.identity().geometry,
            successor: Successor::Present,
        };
        if SidecarView::parse(&bytes, identity).is_none() {
            let Place { slot, segment } = place;
            verdict.note(Problem {
                slot,
                segment,
                offset: 0,
                octets: 0,
                what: Damage::Sidecar,
            });
        }
    }

    /// Gives out every whole record of a stopped server's journal in log order, with the header of its group, and
    /// every damaged place between.
    ///
    /// # Errors
    /// What the system answered.
    pub fn dump(
        &self,
        mut take: impl FnMut(Result<(&GroupHeader, RecordView<'_>), Problem>),
    ) -> io::Result<()> {
        let slots = self.map_slots()?;
        inspect(self.identity(), &slots.images(), |_, step| match step {
            Step::Problem(problem) => take(Err(problem)),
            Step::Group(group) => {
                for record in group.records() {
                    take(Ok((group.header(), record)));
                }
            }
        });
        Ok(())
    }
}
