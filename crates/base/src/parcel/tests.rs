//! A parcel shows its octets alone, takes more in their midst, and gives its buffer back as it was lent.
use super::*;

#[test]
fn only_the_octets_are_shown() {
    let parcel = Parcel::new(b"head body next".to_vec(), 5..9);
    assert_eq!(&*parcel, b"body");
    assert!(parcel.is_part());
    assert_eq!(
        parcel.clone().unpack(),
        (b"body".to_vec(), Some(b"head body next".to_vec()))
    );
    assert_eq!(parcel.into_spent().map(|buffer| buffer.len()), Some(14));
    assert_eq!(&*Parcel::new(b"abc".to_vec(), 2..9), b"c");
    assert_eq!(&*Parcel::new(b"abc".to_vec(), 7..9), b"");
}

#[test]
fn a_buffer_of_its_own_is_kept_and_not_copied() {
    let octets = b"body".to_vec();
    let place = octets.as_ptr();
    let (kept, spent) = Parcel::from(octets).unpack();
    assert_eq!((kept.as_ptr(), spent), (place, None));
    assert_eq!(Parcel::from(b"body".to_vec()).into_spent(), None);
}

#[test]
fn octets_go_in_with_room_before_them_and_without() {
    for (buffer, range) in [
        (&b"....abcdef.."[..], 4..10),
        (b".abcdef..", 1..7),
        (b"abcdef", 0..6),
    ] {
        for at in 0..8 {
            let mut parcel = Parcel::new(buffer.to_vec(), range.clone());
            parcel.insert(at, b"123");
            let mut expected = b"abcdef".to_vec();
            expected.splice(at.min(6)..at.min(6), *b"123");
            assert_eq!(&*parcel, expected, "at {at} of {buffer:?}");
        }
    }
}
