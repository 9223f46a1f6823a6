//! Ids of what is sent to peers, and what is no such id.

use super::{Part, read_transaction_id, transaction_id};
use base::{MessageId, Partition};
use store::via::PeerMark;

#[test]
fn a_transaction_id_names_message_peer_and_copies() {
    let message = MessageId::new(Partition::default(), 0xabc);
    for (copies, digits) in [
        (&[0][..], "1"),
        (&[2, 4], "41"),
        (&[1, 2, 3], "e"),
        (&[63, 64, 255], &format!("{:0>16}1{:0>47}", "8", "8")),
    ] {
        let part: Part = copies.iter().copied().collect();
        let id = transaction_id(message, PeerMark(0x1234_5678_9abc_def0), part);
        assert_eq!(id, format!("0000000000000abc.9abcdef0.{digits}"));
        assert_eq!(
            read_transaction_id(id.as_bytes()),
            Some((message, 0x9abc_def0, part))
        );
        let read: Vec<u16> = (0..300).filter(|&index| part.contains(index)).collect();
        assert_eq!(read, copies);
    }
}

#[test]
fn anything_else_is_none() {
    let long = format!("0000000000000abc.9abcdef0.{:0>65}", "1");
    for text in [
        "",
        ".",
        "..",
        "0000000000000abc",
        "0000000000000abc.",
        "0000000000000abc.9abcdef0",
        "0000000000000abc.9abcdef0.",
        "0000000000000abc.9abcdef0.0",
        "0000000000000abc.9abcdef0.10",
        "0000000000000abc.9abcdef0.g",
        "0000000000000abc.9abcdef0.1.1",
        "0000000000000abc.9abcdef.1",
        "0000000000000abc.9abcdef00.1",
        "+000000000000abc.9abcdef0.1",
        "000000000000abcg.9abcdef0.1",
        "0000000000000abc.9abcdef0.1@x",
        &long,
    ] {
        assert_eq!(read_transaction_id(text.as_bytes()), None, "{text}");
    }
    assert_eq!(read_transaction_id(b"\xff"), None);
}
