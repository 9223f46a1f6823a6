//! How long a message of 30 KB takes to read, to convert and to write: `cargo run --release -p mm4 --example timing`.
//!
//! A quick look, not a benchmark: the median of many runs on whatever machine this is. Invariant: nothing is decided by
//! it, tests decide.

#![expect(clippy::disallowed_methods, reason = "it measures")]
#![expect(clippy::expect_used, reason = "the message is its own")]

use std::hint::black_box;
use std::time::Instant;

use mm4::{Content, Dialect, Message};

const HEAD: &[u8] = b"Received: from a by b\r\nFrom: +447700900001/TYPE=PLMN@mms.a.example\r\n\
To: +447700900002/TYPE=PLMN@mms.b.example\r\nSender: system-user@mms.a.example\r\n\
Date: Tue, 18 Jan 2022 02:23:39 +0000\r\nMessage-ID: <1@mms.a.example>\r\nSubject: hello\r\n\
X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\nX-Mms-Transaction-ID: \"t-1\"\r\n\
X-Mms-Message-ID: \"m-1@mms.a.example\"\r\nX-Mms-Ack-Request: Yes\r\n\
X-Mms-Originator-System: system-user@mms.a.example\r\nX-Mms-Message-Class: Personal\r\nX-Mms-Expiry: 259200\r\n\
X-Mms-Delivery-Report: Yes\r\nX-Mms-Read-Reply: No\r\nX-Mms-Priority: Normal\r\n\r\n";

/// Median of many runs, in nanoseconds.
fn median(name: &str, mut run: impl FnMut()) {
    let mut samples: Vec<u128> = (0..4_000)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_nanos()
        })
        .collect();
    samples.sort_unstable();
    let at = |part: usize| {
        samples
            .get(samples.len().saturating_mul(part) / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{name:<44} p10 {:>7} ns   median {:>7} ns   p90 {:>7} ns",
        at(10),
        at(50),
        at(90)
    );
}

fn main() {
    let picture: Vec<u8> = (0..30_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1])
        .collect();
    let smil = b"<smil><head><layout/></head><body><par><img src=\"a.jpg\"/></par></body></smil>";
    let mut body = Vec::new();
    wsp::write::multipart_head(&mut body, 2);
    wsp::write::part(&mut body, b"application/smil\0", b"\xC0\"<s>\0", smil);
    wsp::write::part(&mut body, &[0x9E], b"\x8Ea.jpg\0\xC0\"<a>\0", &picture);
    let content_type = wsp::ContentType::from_raw(&[0xB3]).expect("a code");
    let content = Content::Canonical {
        content_type,
        body: &body,
    };

    let Ok(Message::ForwardReq(mut request)) = Message::read(HEAD) else {
        return;
    };
    request.content = content;
    let mut mail = Vec::new();
    request
        .write(&Dialect::default(), &mut mail)
        .expect("it converts");
    println!("mail of {} octets, canonical body of {}", mail.len(), body.len());

    median("read the head", || {
        black_box(Message::read(black_box(&mail)).is_ok());
    });
    let (mut out_type, mut out_body) = (Vec::new(), Vec::new());
    median("read and convert to the canonical form", || {
        if let Ok(Message::ForwardReq(request)) = Message::read(black_box(&mail)) {
            out_type.clear();
            out_body.clear();
            black_box(request.content.canonical(&mut out_type, &mut out_body).is_ok());
        }
    });
    let mut out = Vec::new();
    median("write from the canonical form", || {
        out.clear();
        black_box(request.write(&Dialect::default(), &mut out).is_ok());
    });
}
