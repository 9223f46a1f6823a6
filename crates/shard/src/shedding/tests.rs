//! The age of what is not on disk yet.

use super::Undurable;
use base::Monotonic;
use journal::Lsn;

#[test]
fn the_age_is_that_of_the_oldest() {
    let mut undurable = Undurable::default();
    let age = |undurable: &mut Undurable, now, durable| undurable.age_ms(Monotonic(now), Lsn(durable));
    assert_eq!(age(&mut undurable, 5, 0), 0);
    undurable.appended(Monotonic(10), Lsn(100));
    undurable.appended(Monotonic(10), Lsn(200));
    // A turn that appends nothing leaves no mark.
    undurable.appended(Monotonic(15), Lsn(200));
    undurable.appended(Monotonic(20), Lsn(300));
    assert_eq!(undurable.marks.len(), 2);
    assert_eq!(age(&mut undurable, 30, 0), 20);
    assert_eq!(age(&mut undurable, 30, 199), 20);
    assert_eq!(age(&mut undurable, 31, 200), 11);
    assert_eq!(age(&mut undurable, 32, 300), 0);
    // What is on disk already is no age, whoever says so late.
    undurable.appended(Monotonic(40), Lsn(300));
    assert_eq!(age(&mut undurable, 50, 300), 0);
}
