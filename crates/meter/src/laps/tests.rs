//! Laps tile: nothing of a life is lost between two stages, whatever the clock's grain or a core's lead.

use super::{Laps, Stamp};
use crate::stage::{Class, Stage};
use proptest::prelude::*;

fn part(laps: &Laps, wanted: Stage) -> Option<u32> {
    laps.parts()
        .find(|(stage, _)| *stage == wanted)
        .map(|(_, ticks)| ticks)
}

#[test]
fn a_stage_passed_twice_is_one_part() {
    let mut laps = Laps::begin(Stamp(1_000), Class::Mm1Refused);
    laps.lap(Stage::Queue, Stamp(1_160));
    laps.lap(Stage::Parse, Stamp(1_320));
    laps.lap(Stage::Queue, Stamp(1_640));
    assert_eq!(part(&laps, Stage::Queue), Some(30));
    assert_eq!(part(&laps, Stage::Parse), Some(10));
    assert_eq!(part(&laps, Stage::Total), Some(40));
    assert_eq!(
        part(&laps, Stage::Admit),
        None,
        "what was not passed is not recorded"
    );
}

#[test]
fn a_clock_that_goes_back_costs_nothing() {
    let mut laps = Laps::begin(Stamp(5_000), Class::Mm1Refused);
    laps.lap(Stage::Accept, Stamp(4_000));
    laps.lap(Stage::Queue, Stamp(5_032));
    assert_eq!(
        (part(&laps, Stage::Accept), part(&laps, Stage::Queue)),
        (Some(0), Some(2))
    );
}

proptest! {
    #[test]
    fn parts_sum_to_the_total(gaps in prop::collection::vec(0_u64..3_000_000_000, 1..20), start in 0_u64..1 << 60) {
        let mut laps = Laps::begin(Stamp(start), Class::Mm1Submit);
        let mut now = start;
        for (gap, stage) in gaps.iter().zip(Stage::ALL.iter().cycle()) {
            if *stage != Stage::Total {
                now += gap;
                laps.lap(*stage, Stamp(now));
            }
        }
        let total = part(&laps, Stage::Total).unwrap();
        let parts: u32 = laps.parts().filter(|(stage, _)| *stage != Stage::Total).map(|(_, ticks)| ticks).sum();
        prop_assert_eq!(parts, total);
        prop_assert_eq!(u64::from(total), (now - start) / 16);
    }
}
