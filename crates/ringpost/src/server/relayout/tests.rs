//! A record that this version does not know: the layout stays, or nothing starts.

use super::super::{StartError, layout};
use super::{Writer, finish, mark_seed, open};
use crate::exit::Exit;
use crate::server::{convert, recover};
use engine::Machine;
use journal::{AppendClass, Directory, Record};
use profile::Settings;
use std::path::{Path, PathBuf};
use store::recover::{Collector, Source};

/// A kind that no version writes.
const LATER: u16 = 999;

/// A data directory of one test, gone with it.
struct Data(PathBuf);

impl Drop for Data {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn settings(data: &Path, shards: u32) -> Settings {
    let text = format!(
        "data = {data:?}\nshards = {shards}\n[mm1]\nmessage_octets_max = 307200\n[http]\n\
         body_octets_max = 393216\n[journal]\nsegment_octets = 4194304\ngroup_octets = 524288\n"
    );
    profile::parse(&text).unwrap()
}

fn opened(data: &Path, shards: u32) -> Result<(Directory, u16), StartError> {
    let settings = settings(data, shards);
    let machine: Machine = convert::fit(&settings).unwrap();
    open(data, &settings, &machine)
}

/// One journal with a record of a later version, behind a stop.
fn later(name: &str) -> Data {
    let data = Data(std::env::temp_dir().join(format!("ringpost-relayout-{}-{name}", std::process::id())));
    std::fs::remove_dir_all(&data.0).ok();
    let (directory, _) = opened(&data.0, 1).unwrap();
    let entry = *directory.manifest().open_journals().next().unwrap();
    let files = directory.journal(&entry).unwrap();
    let mut collector = Collector::default();
    let source = Source::Open(base::ShardId(0));
    let recovery = recover::read(&files, &mut recover::Visitor::new(&mut collector, source)).unwrap();
    let resume = recovery.resume(directory.epoch(), mark_seed().unwrap());
    let mut writer = Writer::new(files, &settings(&data.0, 1), resume).unwrap();
    let record = Record {
        kind: LATER,
        key: 0,
        header: b"what nobody knows",
        body: &[],
    };
    let append = |store: &mut store::Store<_>| store.journal.append(AppendClass::State, record).map(drop);
    writer.until_there_is_room(append).unwrap();
    writer.finish().unwrap();
    data
}

fn is_refused(outcome: Result<impl Sized, StartError>) {
    let error = outcome.err().unwrap();
    assert!(
        matches!(error, StartError::NotUnderstood { records: 1 }),
        "{error}"
    );
    assert_eq!(error.exit(), Exit::Unfit);
}

/// Another shard count, or another size of segments, is refused before anything is changed: the way back is open.
#[test]
fn what_is_not_known_is_never_moved() {
    let data = later("kept");
    is_refused(opened(&data.0, 2));
    let mut other = settings(&data.0, 1);
    other.journal.segment_octets *= 2;
    let machine = convert::fit(&other).unwrap();
    is_refused(open(&data.0, &other, &machine));
    let (directory, shards) = opened(&data.0, 1).unwrap();
    assert_eq!((shards, directory.manifest().journals.len()), (1, 1));
}

/// Another version has begun to move: what is left of it is not dropped either.
#[test]
fn what_is_not_known_is_not_dropped_behind_a_move_that_was_cut_off() {
    let data = later("cut");
    let settings = settings(&data.0, 2);
    let (was, _) = opened(&data.0, 1).unwrap();
    let geometry = was.manifest().open_journals().next().unwrap().geometry;
    drop(was);
    let wanted = journal::Layout {
        journals: 2,
        geometry,
        partitions: u32::from(base::id::PARTITIONS),
    };
    let mut directory = Directory::open(&data.0, wanted).unwrap();
    let profile = profile::compile(&settings, 1, ([127, 0, 0, 1], 1).into());
    let layout = layout(&directory, 2, &profile);
    is_refused(finish(&mut directory, &settings, layout));
    let adopted = directory.manifest().journals.len() - directory.manifest().open_journals().count();
    assert_eq!(adopted, 1, "the old journal is kept");
}
