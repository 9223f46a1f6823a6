//! Words and choices agree.

use super::*;
use crate::kind::Kind;
use crate::peer::{PeerEntry, RelationEntry};
use crate::table::{Entry, Setting};

fn words(rows: &[Setting], name: &str) -> Vec<&'static str> {
    let row = rows.iter().find(|row| row.name == name).unwrap();
    let Kind::Choice(words) = row.kind else {
        panic!("{name}")
    };
    words.to_vec()
}

macro_rules! agree {
    ($($rows:expr, $name:literal, $Choice:ident;)*) => {$(
        let found: Vec<_> = $Choice::ALL.iter().map(|choice| choice.word()).collect();
        assert_eq!(found, words($rows, $name), $name);
        for choice in $Choice::ALL {
            assert_eq!($Choice::of(choice.word()), *choice);
        }
    )*};
}

#[test]
fn each_choice_has_the_words_of_its_row() {
    agree! {
        PeerEntry::ROWS, "peer.senders", Senders;
        PeerEntry::ROWS, "peer.size_basis", SizeBasis;
        PeerEntry::ROWS, "peer.charset", Charset;
        PeerEntry::ROWS, "peer.ids", Ids;
        PeerEntry::ROWS, "peer.address_type", AddressType;
        PeerEntry::ROWS, "peer.address_plus", AddressPlus;
        PeerEntry::ROWS, "peer.address_domain", AddressDomain;
        PeerEntry::ROWS, "peer.report_from", ReportFrom;
        PeerEntry::ROWS, "peer.transfer", Transfer;
        PeerEntry::ROWS, "peer.ack", Ack;
        PeerEntry::ROWS, "peer.tls", Tls;
        RelationEntry::ROWS, "relation.mode", Mode;
    }
}
