//! Ids of what is sent to peers, and what is no such id.

use super::{read_transaction_id, transaction_id};
use base::{MessageId, Partition};
use store::via::PeerMark;

#[test]
fn a_transaction_id_names_message_and_peer() {
    let message = MessageId::new(Partition::default(), 0xabc);
    let id = transaction_id(message, PeerMark(0x1234_5678_9abc_def0));
    assert_eq!(id, "0000000000000abc.9abcdef0");
    assert_eq!(read_transaction_id(id.as_bytes()), Some((message, 0x9abc_def0)));
}

#[test]
fn anything_else_is_none() {
    for text in [
        "",
        ".",
        "0000000000000abc",
        "0000000000000abc.",
        "0000000000000abc.9abcdef",
        "0000000000000abc.9abcdef00",
        "+000000000000abc.9abcdef0",
        "000000000000abcg.9abcdef0",
        "0000000000000abc.9abcdef0@x",
    ] {
        assert_eq!(read_transaction_id(text.as_bytes()), None, "{text}");
    }
    assert_eq!(read_transaction_id(b"\xff"), None);
}
