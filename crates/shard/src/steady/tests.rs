//! A jump is followed slowly; a small error is gone soon.
use super::*;
use base::Monotonic;

fn now(wall: u64, monotonic: u64) -> Now {
    Now {
        wall: WallMs(wall),
        monotonic: Monotonic(monotonic),
    }
}

#[test]
fn a_jump_of_a_year_moves_it_by_a_hundredth_of_what_passed() {
    let year = 365 * 86_400_000;
    let mut steady = Steady::new(now(1_000_000, 0));
    let mut monotonic = 0;
    for _ in 0..1_000 {
        monotonic += 7;
        steady.advance(now(1_000_000 + monotonic + year, monotonic));
    }
    let seen = steady.wall(Monotonic(monotonic)).0 - 1_000_000 - monotonic;
    assert!(seen <= 70, "{seen} ms");
    for _ in 0..10 {
        monotonic += 1_000;
        steady.advance(now(1_000_000 + monotonic, monotonic));
    }
    assert_eq!(steady.wall(Monotonic(monotonic)).0, 1_000_000 + monotonic);
}

#[test]
fn turns_shorter_than_the_slews_unit_add_up() {
    let mut steady = Steady::new(now(0, 0));
    for monotonic in 1..=10_000 {
        steady.advance(now(monotonic + 50, monotonic));
    }
    assert_eq!(steady.wall(Monotonic(10_000)).0, 10_050);
}
