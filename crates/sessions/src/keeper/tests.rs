//! A disk that fails, and one that is fit again.

use super::*;
use crate::files::{Found, load};
use apn::Bounds;
use base::WallMs;

fn at(ms: u64) -> Now {
    Now {
        wall: WallMs(1_700_000_000_000 + ms),
        monotonic: Monotonic(ms),
    }
}

#[test]
fn nothing_counts_as_kept_until_a_snapshot_has_it_all() {
    let folder = std::env::temp_dir().join(format!("ringpost-keeper-{}", std::process::id()));
    make_folder(&folder).unwrap();
    let bounds = Bounds {
        sessions_max: 64,
        ..Bounds::default()
    };
    let mut feed = Feed::new(bounds, 1);
    let meter = Arc::new(MapMeter::default());
    let mut keeper = Keeper::begin(folder.clone(), 1, (64, 1 << 20), Arc::clone(&meter)).unwrap();
    assert!(!keeper.is_kept());
    keeper.tend(&mut feed, at(0));
    assert!(keeper.is_kept());
    // A log that was given up asks for a snapshot, which can't be begun without the folder.
    std::fs::remove_dir_all(&folder).unwrap();
    keeper.keep(&[], false, at(1));
    keeper.tend(&mut feed, at(1));
    assert!(!keeper.is_kept());
    assert_eq!(meter.gauge(MapGauge::Unrecorded), 1);
    keeper.tend(&mut feed, at(RETRY_MS + 1));
    assert!(!keeper.is_kept(), "still no folder");
    make_folder(&folder).unwrap();
    keeper.tend(&mut feed, at(2 * RETRY_MS + 1));
    assert!(keeper.is_kept());
    assert_eq!(meter.gauge(MapGauge::Unrecorded), 0);
    assert!(matches!(load(&folder).unwrap().found, Found::Whole(_)));
    // More than fits the log, with a folder: kept again with the next snapshot.
    keeper.keep(&[], false, at(3 * RETRY_MS));
    assert!(!keeper.is_kept());
    keeper.tend(&mut feed, at(3 * RETRY_MS));
    assert!(keeper.is_kept());
    std::fs::remove_dir_all(&folder).unwrap();
}
