//! Damage to the log that a real server wrote: every class of octets, every cut of the tail; found, located, and the
//! rest served.
//!
//! What finds what: `log verify` judges every octet; a start judges what it reads (marks, manifest, sidecars, and
//! segments without a sidecar); the body of a sealed segment is judged when it is read. So the sweeps here ask the
//! tools, and the table of `wounds` asks the program.

mod wounds;

use crate::support::{message, notified, octets, phone};
use journal::{Damage, Problem, SlotImage, inspect};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use tests::process::wreck::{Class, Shown, Stretch, Wreck};
use tests::process::{Program, Site, turnstile};

/// Letters that pass over from the first segment of 2 MiB into the second.
const LONG_LETTERS: u16 = 60;
/// Short ones behind them, so that the tail is of small groups.
const LETTERS: u16 = 66;
/// Octets of a header that are damaged in turn: all of them.
const HEADER_FLIPS_MAX: usize = 80;
/// Of any other stretch.
const FLIPS_MAX: usize = 6;

/// What a subscriber is owed: where it lies.
#[derive(Clone)]
struct Owed {
    index: u16,
    location: String,
}

/// A stopped server's site, what its subscribers are owed.
struct Base {
    site: Site,
    owed: Vec<Owed>,
}

/// What a letter says.
fn content(index: u16) -> Vec<u8> {
    let length = if index < LONG_LETTERS { 30_000 } else { 300 };
    octets(&format!("letter {index}. "), length)
}

fn subscriber_of(index: u16) -> u16 {
    200 + index
}

fn site() -> Site {
    let mut site = Site::new(Program::Shipped, 1).unwrap();
    // So that every body is read from the disk.
    site.set("journal.recent_octets_max", "0");
    site
}

/// A sealed segment with its sidecar, an open one, a marker at the end.
fn base() -> Base {
    let site = site();
    let server = site.start().unwrap();
    let mut alice = phone(199, &server);
    let mut owed = Vec::new();
    for index in 0..LETTERS {
        let recipient = subscriber_of(index);
        alice.send(&message(&[recipient], &content(index))).unwrap();
        let location = notified(&mut phone(recipient, &server)).content_location;
        owed.push(Owed { index, location });
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
    Base { site, owed }
}

/// Turns one bit over in a file; twice is as before.
fn flip(file: &Path, at: usize) {
    let file = File::options().read(true).write(true).open(file).unwrap();
    let mut octet = [0];
    file.read_exact_at(&mut octet, at as u64).unwrap();
    octet[0] ^= 1 << (at % 8);
    file.write_all_at(&octet, at as u64).unwrap();
}

/// Up to so many of a range, evenly.
fn spread(octets: std::ops::Range<usize>, most: usize) -> impl Iterator<Item = usize> {
    let step = octets.len().div_ceil(most).max(1);
    octets.step_by(step)
}

/// The first and the last stretch of a kind that has octets.
fn ends(wreck: &Wreck, is_wanted: impl Fn(&Stretch) -> bool) -> Vec<&Stretch> {
    let mut found = wreck
        .stretches
        .iter()
        .filter(|stretch| !stretch.octets.is_empty() && is_wanted(stretch));
    found.next().into_iter().chain(found.next_back()).collect()
}

/// Whether the damage is told where it is: in its file, in its group, and not behind it.
fn is_located(problem: &Problem, stretch: &Stretch, at: usize) -> bool {
    let here = stretch.place.is_some_and(|place| place.slot == problem.slot);
    let offset = problem.offset as usize;
    here && problem.what != Damage::TornTail
        && match stretch.class {
            Class::Claim => problem.what == Damage::Claim,
            Class::Free => problem.what == Damage::FreeMark,
            Class::Sidecar => problem.what == Damage::Sidecar,
            _ => (stretch.group.start..=at).contains(&offset),
        }
}

/// Whether a record may be gone for damage in this stretch.
fn may_be_lost(lsn: u64, location: &journal::Location, stretch: &Stretch) -> bool {
    let in_group = stretch.group.contains(&(location.offset as usize))
        && stretch
            .place
            .is_some_and(|place| place.segment == location.segment);
    match stretch.class {
        Class::HeaderBytes | Class::Body => stretch.record.is_some_and(|record| record.0 == lsn),
        Class::RecordHeader => in_group && stretch.record.is_some_and(|record| record.0 <= lsn),
        _ => false,
    }
}

/// Nothing else is shown than the sound log showed, and nothing is gone that need not be.
fn check_shown(shown: &Shown, sound: &Shown, may_be_gone: impl Fn(u64, &journal::Location) -> bool) {
    for (lsn, record) in shown {
        assert_eq!(sound.get(lsn), Some(record), "what was never written is shown");
    }
    for (lsn, (location, _)) in sound {
        assert!(
            shown.contains_key(lsn) || may_be_gone(*lsn, location),
            "{location:?} is gone"
        );
    }
}

/// One bit of one stretch: what each tool says.
fn check_flip(wreck: &Wreck, stretch: &Stretch, at: usize, headers: &BTreeMap<u64, u32>) {
    let problems = wreck.verify().unwrap();
    let faults: Vec<&Problem> = problems
        .iter()
        .filter(|problem| problem.what != Damage::TornTail)
        .collect();
    let told = || format!("{stretch:?} at {at}: {problems:?}");
    let (shown, _) = wreck.dump().unwrap();
    if stretch.is_committed {
        assert!(
            faults.iter().any(|problem| is_located(problem, stretch, at)),
            "{}",
            told()
        );
        check_shown(&shown, &wreck.sound, |lsn, location| {
            may_be_lost(lsn, location, stretch)
        });
    } else {
        // Above the last marker nobody was told of anything: a tear. A group that is whole is taken all the same, and
        // what is wrong in its padding is named, which costs nothing.
        let is_named = |problem: &&Problem| problem.what == Damage::Padding;
        let is_padding = stretch.class == Class::Padding;
        assert!(
            faults.iter().all(|problem| is_padding && is_named(problem)),
            "{}",
            told()
        );
        check_shown(&shown, &wreck.sound, |_, _| false);
    }
    let (recovery, recovered) = wreck.recover().unwrap();
    for (lsn, header) in &recovered {
        assert_eq!(headers.get(lsn), Some(header), "a start believes {}", told());
    }
    let is_read_at_start =
        !stretch.is_sealed || matches!(stretch.class, Class::Claim | Class::Free | Class::Sidecar);
    // A zero of the padding is no start's business.
    if is_read_at_start && stretch.is_committed && stretch.class != Class::Padding {
        assert!(recovery.problems_total > 0, "a start is silent: {}", told());
    }
    if let Some((location, sum)) = stretch.record.and_then(|lsn| wreck.sound.get(&lsn.0)) {
        let read = wreck.read_by_place(&stretch.file, *location).unwrap();
        assert!(read.is_none_or(|read| read == *sum), "wrong octets: {}", told());
        let is_in_frame = !matches!(stretch.class, Class::Gap);
        assert_eq!(read.is_none(), is_in_frame, "{}", told());
    }
}

#[test]
fn a_flipped_bit_of_any_class_is_found_located_and_never_served() {
    let _turn = turnstile::enter();
    let base = base();
    let wreck = Wreck::of(&base.site, "flipped").unwrap();
    assert_eq!(wreck.verify().unwrap(), [], "sound before");
    let (_, headers) = wreck.recover().unwrap();
    assert!(headers.len() >= usize::from(LETTERS));
    let mut tried = BTreeMap::new();
    for class in [
        Class::Claim,
        Class::Free,
        Class::GroupHeader,
        Class::RecordHeader,
        Class::HeaderBytes,
        Class::Body,
        Class::Gap,
        Class::Padding,
        Class::Sidecar,
    ] {
        for (is_sealed, is_committed) in [(true, true), (false, true), (false, false)] {
            for stretch in ends(&wreck, |stretch| {
                (stretch.class, stretch.is_sealed, stretch.is_committed) == (class, is_sealed, is_committed)
            }) {
                let most = match class {
                    Class::GroupHeader | Class::RecordHeader => HEADER_FLIPS_MAX,
                    _ => FLIPS_MAX,
                };
                for at in spread(stretch.octets.clone(), most) {
                    flip(&stretch.file, at);
                    check_flip(&wreck, stretch, at, &headers);
                    flip(&stretch.file, at);
                    *tried.entry((class, is_sealed)).or_insert(0) += 1;
                }
            }
        }
    }
    println!("bits turned over: {tried:?}");
    assert_eq!(wreck.verify().unwrap(), [], "sound again");
    // Each class in the sealed segment and in the open one, which has no sidecar.
    assert_eq!(tried.len(), 17, "{tried:?}");
}

/// The manifest is believed as a whole or not at all.
#[test]
fn a_flipped_bit_of_the_manifest_is_refused() {
    let _turn = turnstile::enter();
    let site = site();
    site.start().unwrap().terminate().unwrap();
    let sound = std::fs::read(site.data().join("manifest")).unwrap();
    let meant = journal::Manifest::decode(&sound).unwrap();
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            // A digit of the checksum in upper case, or another space at the end, says the same.
            if let Ok(read) = journal::Manifest::decode(&bytes) {
                assert_eq!(read, meant, "bit {bit} of octet {at}");
            }
        }
    }
    for cut in 0..sound.len() - 1 {
        assert!(journal::Manifest::decode(&sound[..cut]).is_err(), "cut at {cut}");
    }
}

/// The last segment's file, its image, and its groups from the end.
struct Tail {
    slot: journal::Slot,
    bytes: Vec<u8>,
    groups: Vec<std::ops::Range<usize>>,
    sound: Shown,
    identity: journal::JournalIdentity,
}

impl Tail {
    fn of(wreck: &Wreck) -> Tail {
        let heads = wreck
            .stretches
            .iter()
            .filter(|stretch| stretch.class == Class::GroupHeader && !stretch.is_sealed);
        let heads: Vec<&Stretch> = heads.collect();
        let place = heads[0].place.unwrap();
        let mut sound = wreck.sound.clone();
        sound.retain(|_, (location, _)| location.segment == place.segment);
        Tail {
            slot: place.slot,
            bytes: std::fs::read(&heads[0].file).unwrap(),
            groups: heads.iter().map(|head| head.group.clone()).collect(),
            sound,
            identity: wreck.identity,
        }
    }

    /// What `log verify` would say of such octets, and what `log dump` would show.
    fn judge(&self, bytes: &[u8]) -> (Shown, Vec<Problem>) {
        let (mut shown, mut problems) = (Shown::new(), Vec::new());
        let image = SlotImage {
            slot: self.slot,
            bytes,
        };
        inspect(self.identity, &[image], |_, step| match step {
            journal::Step::Group(group) => shown.extend(tests::process::wreck::shown(&group)),
            journal::Step::Problem(problem) => problems.push(problem),
        });
        (shown, problems)
    }

    /// The last groups, the marker last.
    fn last(&self, count: usize) -> &[std::ops::Range<usize>] {
        &self.groups[self.groups.len() - count..]
    }

    /// Octets of a group behind which only zeros stand.
    fn content(&self, group: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let zeros = self.bytes[group.clone()]
            .iter()
            .rev()
            .take_while(|&&octet| octet == 0);
        group.start..group.end - zeros.count()
    }
}

#[test]
fn a_tail_cut_at_any_octet_is_a_tear_and_a_hole_is_damage() {
    let _turn = turnstile::enter();
    let base = base();
    let wreck = Wreck::of(&base.site, "cut").unwrap();
    let tail = Tail::of(&wreck);
    let (mut cuts, mut bytes) = (0, tail.bytes.clone());
    for group in tail.last(4).iter().rev() {
        for cut in tail.content(group).rev() {
            // As a power cut leaves it: nothing from here on.
            bytes[cut..].fill(0);
            let is_kept = |location: &journal::Location| (location.offset as usize) < group.start;
            let (shown, problems) = tail.judge(&bytes);
            let torn = |problem: &Problem| problem.what == Damage::TornTail;
            assert!(problems.iter().all(torn), "cut at {cut}: {problems:?}");
            check_shown(&shown, &tail.sound, |_, location| !is_kept(location));
            // The file itself is too short: that is never a tear.
            let (shown, problems) = tail.judge(&bytes[..cut]);
            assert!(
                problems.iter().any(|problem| problem.what == Damage::Truncated),
                "file cut at {cut}: {problems:?}"
            );
            check_shown(&shown, &tail.sound, |_, location| !is_kept(location));
            cuts += 1;
        }
    }
    // The same below the marker: from the cut to the group's end nothing, behind it all is whole.
    let committed = &tail.last(4)[..3];
    for group in committed {
        let mut bytes = tail.bytes.clone();
        for cut in tail.content(group).rev() {
            bytes[cut..group.end].fill(0);
            let (shown, problems) = tail.judge(&bytes);
            // Where an octet was nothing before, the hole begins behind it.
            let zeros = tail.bytes[cut..].iter().take_while(|&&octet| octet == 0);
            let hole = cut + zeros.count();
            let is_told = |problem: &Problem| {
                problem.what.loses_records() && (group.start..=hole).contains(&(problem.offset as usize))
            };
            assert!(problems.iter().any(is_told), "hole at {cut}: {problems:?}");
            check_shown(&shown, &tail.sound, |_, location| {
                let end = (location.offset + location.length) as usize;
                group.contains(&(location.offset as usize)) && end > cut
            });
            cuts += 1;
        }
    }
    println!("{cuts} cuts and holes");
    assert!(cuts > 1_000, "{cuts}");
}
