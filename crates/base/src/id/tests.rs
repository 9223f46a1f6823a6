//! Round trips of the wire forms, and the partition map.

use super::*;

#[test]
fn message_id_survives_the_wire_with_its_partition() {
    let id = MessageId::new(Partition(4_095), 0xA_BCDE_F012_3456);
    assert_eq!(id.partition(), Partition(4_095));
    assert_eq!(id.sequence(), 0xA_BCDE_F012_3456);
    let text = id.to_wire();
    assert_eq!(MessageId::from_wire(&text), Some(id));
    let full = [b"<".as_slice(), &text, b"@mms.example>"].concat();
    assert_eq!(MessageId::from_wire(&full), Some(id));
    assert_eq!(MessageId::from_wire(b"0123456789abcdefg"), None);
    assert_eq!(MessageId::from_wire(b"0123"), None);
}

#[test]
fn token_survives_the_wire_and_keeps_what_follows_out() {
    let token = Token([0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xFE]);
    let mut text = token.to_wire().to_vec();
    assert_eq!(text.len(), TOKEN_TEXT_LEN);
    text.extend_from_slice(b"T1234");
    assert_eq!(Token::from_wire(&text), Some(token));
    assert_eq!(Token::from_wire(b"short"), None);
    assert_eq!(Token::from_wire(b"================"), None);
}

#[test]
fn every_partition_has_one_home_and_every_shard_its_share() {
    for shards in [1_u16, 2, 3, 7, 64] {
        let mut counts = vec![0_u32; usize::from(shards)];
        for index in 0..PARTITIONS {
            counts[usize::from(Partition(index).home(shards).0)] += 1;
        }
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= 1, "{shards} shards: {least} to {most}");
    }
}
