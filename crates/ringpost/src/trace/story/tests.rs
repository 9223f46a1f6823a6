//! The sentences of whole lives, as an operator reads them.

use super::{Masking, steps};
use crate::trace::gather::{Event, Pushed, What};
use base::MessageId;
use journal::{Location, SegmentSequence};
use lifecycle::{End, State as Life};
use store::record::{
    Accept, AcceptRecipient, Entered, FLAG_DELIVERY_REPORT, FLAG_READ_DONE, Remembered, State,
};

const SENDER: u64 = 447_700_900_001;
const RECIPIENT: u64 = 447_700_900_002;

fn event(what: What, pdu_octets: u32, pushed: Option<Pushed>) -> Event {
    let location = Location {
        segment: SegmentSequence(3),
        offset: 8_272,
        length: 400,
    };
    let mut event = Event::new(0, location, MessageId::from_bits(0x0011_2233_4455_6677), what);
    (event.pdu_octets, event.pushed) = (pdu_octets, pushed);
    event
}

fn accept(recipients: usize) -> What {
    let recipient = |index| AcceptRecipient {
        number: RECIPIENT + index as u64,
        token: [7; 12],
        field: index as u16,
    };
    let accept = Accept {
        message: 0x0011_2233_4455_6677,
        sender: SENDER,
        accepted_at: 1_000_000_000,
        deliver_at: 1_000_000_000,
        expiry: 1_000_086_400,
        flags: FLAG_DELIVERY_REPORT,
        content_offset: 90,
        size_octets: 29_900,
        repeat_key: 5,
        recipients: (0..recipients).map(recipient).collect(),
    };
    What::Accepted(Entered {
        accept,
        arrival: None,
    })
}

fn state(life: Life, sequence: u32, push_to: u64) -> State {
    State {
        message: 0x0011_2233_4455_6677,
        number: RECIPIENT,
        sender: SENDER,
        push_to,
        sequence,
        until: 1_000_086_400,
        at: 1_000_000_000 + sequence,
        flags: FLAG_DELIVERY_REPORT,
        recipient: 0,
        token: [7; 12],
        state: life.to_octet(),
        attempts: 1,
    }
}

fn told(events: &[Event], masking: Masking) -> Vec<String> {
    let line = |step: &super::Step| format!("{} {} {}", step.time(), step.event, step.text);
    steps(events, masking).iter().map(line).collect()
}

#[test]
fn a_life_with_reports() {
    let notified = state(Life::Notified, 1, RECIPIENT);
    let kept = state(Life::Notified, 2, 0);
    let ended = state(Life::Ended(End::Retrieved), 3, SENDER);
    let read = State {
        flags: FLAG_DELIVERY_REPORT | FLAG_READ_DONE,
        ..state(Life::Ended(End::Retrieved), 4, SENDER)
    };
    let pushed = |name, status| Some(Pushed { name, status });
    let events = [
        event(accept(1), 30_000, None),
        event(What::Step(notified), 120, pushed("M-Notification.ind", None)),
        event(What::Step(kept), 0, None),
        event(What::Step(ended), 80, pushed("M-Delivery.ind", Some(0x81))),
        event(What::Step(read), 70, pushed("M-Read-Orig.ind", Some(0x80))),
    ];
    let expected = [
        "2001-09-09T01:46:40Z accepted accepted from +…01 for +…02: 29900 octets of content in a PDU of 30000; \
         delivery report asked; valid until 2001-09-10T01:46:40Z",
        "2001-09-09T01:46:41Z notified +…02: notification 1 sent; M-Notification.ind, 120 octets, to +…02",
        "2001-09-09T01:46:42Z kept +…02: nothing new; its state was copied out of a nearly empty segment",
        "2001-09-09T01:46:43Z retrieved +…02: delivered (status Retrieved 0x81) after 1 notification; \
         M-Delivery.ind with status Retrieved 0x81, 80 octets, to +…01",
        "2001-09-09T01:46:44Z read +…02: the phone sent a read report, taken and passed back; \
         M-Read-Orig.ind with status Read 0x80, 70 octets, to +…01",
    ];
    assert_eq!(told(&events, Masking::Masked), expected);
}

#[test]
fn every_end_and_wait_has_its_sentence() {
    let cases = [
        (
            Life::Taken,
            "taken",
            "waits at its home; valid until 2001-09-10T01:46:40Z",
        ),
        (
            Life::Deferred,
            "deferred",
            "the phone answered Deferred: it will come for the message itself",
        ),
        (
            Life::Fetched,
            "fetched",
            "the whole message was sent to the phone, which has not acknowledged it",
        ),
        (
            Life::Ended(End::Expired),
            "expired",
            "not delivered: its validity ran out (status Expired 0x80) after 1 notification",
        ),
        (
            Life::Ended(End::Rejected),
            "rejected",
            "not delivered: the phone rejected it (status Rejected 0x82) after 1 notification",
        ),
        (
            Life::Ended(End::Unreachable),
            "unreachable",
            "not delivered: no way leads to this recipient (status Unreachable 0x87) after 1 notification",
        ),
    ];
    for (life, word, sentence) in cases {
        let told = steps(&[event(What::Step(state(life, 1, 0)), 0, None)], Masking::Masked);
        assert_eq!(
            (told[0].event, &*told[0].text),
            (word, &*format!("+…02: {sentence}"))
        );
    }
}

#[test]
fn numbers_are_whole_only_when_asked() {
    let events = [
        event(accept(2), 30_000, None),
        event(What::Step(state(Life::Notified, 1, RECIPIENT)), 120, None),
        event(
            What::Remembered(Remembered {
                sender: SENDER,
                key: 5,
                message: 0x0011_2233_4455_6677,
                at: 1_000_000_000,
            }),
            0,
            None,
        ),
        event(What::Unknown(77), 0, None),
    ];
    let json = |masking| {
        let lines = steps(&events, masking);
        let lines: Vec<String> = lines.iter().map(|step| step.to_json().to_string()).collect();
        lines.join("\n")
    };
    assert!(!json(Masking::Masked).contains("4477009"));
    let whole = json(Masking::Whole);
    for expected in [
        "recipient 1 of 2, +447700900002: notification 1 sent; a PDU of 120 octets went to +447700900002",
        r#""message":"0011223344556677","at":1000000000,"time":"2001-09-09T01:46:40Z","event":"accepted""#,
        r#""recipients":["+447700900002","+447700900003"]"#,
        r#""journal":0,"segment":3,"offset":8272,"octets":400"#,
        r#""event":"unknown","kind":77"#,
        "a repeat of this send still gets the same answer",
    ] {
        assert!(whole.contains(expected), "{expected} in {whole}");
    }
}
