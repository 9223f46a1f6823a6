//! The picture is a JPEG of the size that photographs have.

use super::{HEIGHT, WIDTH, jpeg};

#[test]
fn it_is_a_jpeg_of_about_100_kb_and_the_same_each_time() {
    let octets = jpeg().unwrap();
    assert_eq!(octets[..3], [0xFF, 0xD8, 0xFF], "SOI and a marker");
    assert_eq!(octets[octets.len() - 2..], [0xFF, 0xD9], "EOI");
    assert!((60_000..200_000).contains(&octets.len()), "{}", octets.len());
    // SOF0 (T.81 B.2.2): marker, length, precision, then height and width.
    let frame = octets.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let size = [
        octets[frame + 5],
        octets[frame + 6],
        octets[frame + 7],
        octets[frame + 8],
    ];
    assert_eq!(
        size,
        [(HEIGHT >> 8) as u8, HEIGHT as u8, (WIDTH >> 8) as u8, WIDTH as u8]
    );
    assert_eq!(octets, jpeg().unwrap());
}
