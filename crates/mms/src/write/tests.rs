//! Carrying over, against the field table: no field is written twice, none is lost, none leaks.

use crate::field::{self, FIELDS, FieldRow, Shape};
use crate::headers::Headers;
use crate::pdu::Pdu;
use crate::pdu_type::PduType;

/// A value of each form.
fn sample(row: &FieldRow) -> Vec<u8> {
    let value: &[u8] = match row.shape {
        Shape::Address | Shape::Encoded | Shape::Text => b"x\0",
        Shape::ContentType => b"\x83",
        Shape::Date | Shape::Number => b"\x01\x05",
        Shape::YesNo | Shape::MessageClass | Shape::Octet(_) => b"\x80",
        Shape::Time => b"\x03\x81\x01\x05",
        Shape::Originator => b"\x01\x81",
        Shape::Version => b"\x92",
        Shape::CountedAddress => b"\x03\x81x\0",
        Shape::CountedDate => b"\x03\x81\x01\x05",
        Shape::Structured => b"\x03\x80x\0",
        Shape::Nothing => b"\0",
    };
    value.to_vec()
}

/// A PDU with every field that the table allows in it, once, and two that the table does not know.
fn full(pdu_type: PduType) -> Vec<u8> {
    let first = [field::MESSAGE_TYPE, field::CONTENT_TYPE];
    let mut out = vec![field::MESSAGE_TYPE, pdu_type.octet()];
    for row in FIELDS
        .iter()
        .filter(|row| row.allowed_in(pdu_type) && !first.contains(&row.code))
    {
        out.push(row.code);
        out.extend(sample(row));
    }
    out.extend_from_slice(b"\xC4\x02zzX-Own\0me\0");
    if field::row(field::CONTENT_TYPE).is_some_and(|row| row.allowed_in(pdu_type)) {
        out.extend_from_slice(b"\x84\x83");
    }
    out
}

fn codes(headers: &Headers<'_>) -> Vec<u8> {
    let mut codes: Vec<u8> = headers.fields().map(|field| field.code).collect();
    codes.sort_unstable();
    codes
}

fn section<'a>(pdu: &Pdu<'a>) -> Headers<'a> {
    match pdu {
        Pdu::SendReq(message) => message.headers,
        Pdu::ForwardReq(request) => request.headers,
        Pdu::RetrieveConf(message) => message.headers,
        other => panic!("{other:?} has no section"),
    }
}

fn check(pdu_type: PduType, lost: &[u8]) {
    let bytes = full(pdu_type);
    let pdu = Pdu::read(&bytes).expect("all mandatory fields are there");
    let mut out = Vec::new();
    pdu.write(&mut out);
    let again = Pdu::read(&out).expect("readable");
    let mut expected = codes(&section(&pdu));
    expected.retain(|code| !lost.contains(code));
    let hex = |codes: &[u8]| {
        codes
            .iter()
            .map(|code| format!("{code:02x}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        hex(&codes(&section(&again))),
        hex(&expected),
        "{}",
        pdu_type.name()
    );
}

#[test]
fn every_field_goes_along_once() {
    check(PduType::SendReq, &[]);
    check(PduType::ForwardReq, &[]);
    // What is between the sender and its mailbox stays there.
    check(PduType::RetrieveConf, &[field::MM_STATE, field::MM_FLAGS]);
}

#[test]
fn pdus_without_a_section_read_and_write_every_field_of_the_table() {
    let carrying = [PduType::SendReq, PduType::ForwardReq, PduType::RetrieveConf];
    // The results of a deletion have other forms, the element descriptor is not read.
    let others = PduType::ALL
        .iter()
        .filter(|pdu| !pdu.is_mailbox() && !carrying.contains(pdu) && **pdu != PduType::DeleteConf);
    for &pdu_type in others {
        let bytes = full(pdu_type);
        let pdu = Pdu::read(&bytes).expect("all mandatory fields are there");
        let mut out = Vec::new();
        pdu.write(&mut out);
        let assigned = |bytes| {
            let mut codes = codes(&Headers::new(bytes));
            codes.retain(|code| field::bit(*code) != 0 && *code != field::ELEMENT_DESCRIPTOR);
            codes
        };
        assert_eq!(assigned(&out), assigned(&bytes), "{}", pdu_type.name());
    }
}
