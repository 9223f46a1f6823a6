//! Numbers are reused, chunks follow one another.
use super::*;

#[test]
fn numbers_come_back_only_after_removal() {
    let mut slab = Slab::default();
    let numbers: Vec<u32> = (0..10_000).map(|value| slab.insert(value)).collect();
    assert_eq!(slab.len(), 10_000);
    assert_eq!(slab.get(numbers[9_999]), Some(&9_999));
    assert_eq!(slab.remove(numbers[5_000]), Some(5_000));
    assert_eq!(slab.get(numbers[5_000]), None);
    assert_eq!(slab.remove(numbers[5_000]), None);
    assert_eq!(slab.insert(7), numbers[5_000]);
    assert_eq!(slab.bound(), 10_000);
}
