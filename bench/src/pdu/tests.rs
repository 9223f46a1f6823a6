//! A numbered request is a whole M-Send.req of the size asked for, and no two are alike.

use super::*;
use mms::Pdu;

#[test]
fn numbering_changes_the_transaction_and_nothing_else() {
    for octets in [1_000, 1_500, 20_000, 30_000, 300_000] {
        let mut template = Template::new(octets, 7).unwrap();
        template.number(41);
        assert_eq!(template.pdu().len(), octets);
        let Ok(Pdu::SendReq(req)) = Pdu::read(template.pdu()) else {
            panic!("it is an M-Send.req");
        };
        assert_eq!(req.transaction_id, b"T000000041");
        assert_eq!(template.sender(41), 9_991_000_000_006);
        let head = template.octets().windows(13).any(|part| part == b"9991000000006");
        assert!(head, "the sender stands in the head");
    }
}
