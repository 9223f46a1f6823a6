//! Entry points for fuzzers: hostile bytes in, nothing out.
//!
//! Called by a runner with seeded bytes. Invariants asserted: no panic; a refusal keeps what the peek could read; a
//! PDU that was read and written again reads back equal, and writing that gives the same octets.

use wsp::EncodedString;

use crate::address::Address;
use crate::envelope::Envelope;
use crate::headers::Headers;
use crate::pdu::Pdu;
use crate::value::Originator;
use crate::{message_size_octets, text};

/// Reads, walks everything, writes again, reads back.
pub fn pdu(bytes: &[u8]) {
    let envelope = Envelope::peek(bytes);
    let _ = text::dump_string(bytes);
    let Ok(pdu) = Pdu::read(bytes) else { return };
    assert_eq!(
        envelope.pdu_type,
        pdu.pdu_type().octet(),
        "peek and reading agree"
    );
    walk(&pdu);
    let first = rewrite(&pdu);
    let again = Pdu::read(&first);
    assert_eq!(again.as_ref(), Ok(&pdu), "what was written reads back equal");
    if let Ok(again) = again {
        assert_eq!(rewrite(&again), first, "writing is stable");
    }
}

fn rewrite(pdu: &Pdu<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    pdu.write(&mut out);
    out.extend_from_slice(pdu.body());
    out
}

fn walk(pdu: &Pdu<'_>) {
    match pdu {
        Pdu::SendReq(message) => {
            headers(&message.headers);
            originator(&message.from);
            let _ = message_size_octets(message);
            if message.content.parts().is_some() {
                wsp::fuzz::multipart(message.content.body);
            }
        }
        Pdu::RetrieveConf(message) => {
            headers(&message.headers);
            if message.content.parts().is_some() {
                wsp::fuzz::multipart(message.content.body);
            }
        }
        Pdu::ForwardReq(request) => headers(&request.headers),
        _ => {}
    }
}

fn headers(section: &Headers<'_>) {
    for recipient in section.recipients() {
        address(&recipient.address);
    }
    let _ = (section.subject(), section.application("X-Scanned-By"));
}

fn originator(from: &Originator<'_>) {
    if let Originator::Address(claimed) = from {
        address(claimed);
    }
}

fn address(address: &Address<'_>) {
    let EncodedString { text, .. } = address.text;
    assert!(
        address.display_name().is_none_or(|name| name.len() <= text.len()),
        "a view of the text"
    );
    let _ = (address.form(), address.type_token());
}
