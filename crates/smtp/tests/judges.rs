//! Another's parser judges what our sessions say: every command line of the client, every reply of the server.
//!
//! The judge is smtp-proto, which is too lenient to read with; the last test says where. Invariant: it reads in our
//! lines what we meant by them.

use std::sync::Arc;

use smtp::fuzz::{Cut, accept_all, serve};
use smtp::{Address, client, server};
use smtp_proto::request::receiver::RequestReceiver;
use smtp_proto::response::parser::ResponseReceiver;
use smtp_proto::{
    EXT_8BIT_MIME, EXT_BINARY_MIME, EXT_CHUNKING, EXT_ENHANCED_STATUS_CODES, EXT_PIPELINING, EXT_SIZE,
    EXT_START_TLS, EhloResponse, MAIL_BODY_8BITMIME, Request,
};

#[test]
fn what_the_client_says() {
    let mut session = client::Session::new(Arc::new(client::Config::new("mmsc.example")), 0);
    session.receive(b"220 x\r\n250-x\r\n250-8BITMIME\r\n250-SIZE\r\n250 PIPELINING\r\n");
    while session.step(0) != client::Step::Ready {
        let count = session.unsent().len();
        session.sent(count, 0);
    }
    let from = "+447700900001/TYPE=PLMN@mms.mnc001.mcc234.gprs";
    let to = [Address::parse("+447700900002/TYPE=PLMN@mms.mnc002.mcc234.gprs").unwrap()];
    let message = client::Message {
        from: Some(Address::parse(from).unwrap()),
        recipients: &to,
        survey: client::Survey::of(b"a: b\r\n\r\n\xe9\r\n"),
    };
    session.begin(&message, 0).unwrap();
    let said = session.unsent().to_vec();
    let mut octets = said.iter();
    let mut receiver = RequestReceiver::default();
    let Ok(Request::Mail { from: mail }) = receiver.ingest(&mut octets) else {
        panic!("no MAIL");
    };
    assert_eq!(
        (mail.address.as_ref(), mail.size, mail.flags),
        (from, 11, MAIL_BODY_8BITMIME)
    );
    let Ok(Request::Rcpt { to: rcpt }) = receiver.ingest(&mut octets) else {
        panic!("no RCPT");
    };
    assert_eq!(rcpt.address, to[0].as_str());
    assert!(matches!(receiver.ingest(&mut octets), Ok(Request::Data)));
    assert_eq!(octets.len(), 0);
}

#[test]
fn what_the_server_says() {
    let config = Arc::new(server::Config {
        tls: server::TlsOffer::Offered,
        ..server::Config::new("mmsc.example")
    });
    let exchanges: [&[u8]; 4] = [
        b"EHLO x\r\n",
        b"FOO\r\n",
        b"MAIL FROM:<> SIZE=99999999\r\n",
        b"QUIT\r\n",
    ];
    let verdict = serve(&config, &exchanges, Cut::Pieces(256), &accept_all);
    let ehlo = EhloResponse::parse(&mut verdict.replies[1].as_bytes().iter()).unwrap();
    assert_eq!(ehlo.hostname, "mmsc.example");
    assert_eq!(ehlo.size, 4 * 1024 * 1024);
    let offered = [
        EXT_PIPELINING,
        EXT_SIZE,
        EXT_8BIT_MIME,
        EXT_CHUNKING,
        EXT_BINARY_MIME,
        EXT_ENHANCED_STATUS_CODES,
        EXT_START_TLS,
    ];
    assert_eq!(
        ehlo.capabilities,
        offered.into_iter().fold(0, |all, one| all | one)
    );
    for (reply, code, enhanced) in [
        (&verdict.replies[2], 500, [5, 5, 1]),
        (&verdict.replies[3], 552, [5, 3, 4]),
        (&verdict.replies[4], 221, [2, 0, 0]),
    ] {
        let response = ResponseReceiver::default()
            .parse(&mut reply.as_bytes().iter())
            .unwrap();
        assert_eq!((response.code, response.esc), (code, enhanced), "{reply:?}");
    }
}

/// Why the judge is no reader here: each of these is refused by ours (see `smuggling` and the command tests).
#[test]
fn where_the_judge_is_lenient() {
    for line in [
        "DATA x\r\n",
        "DATA\n",
        "DA\rTA\r\n",
        "RCPT TO:<postmaster>\n",
        "BDAT 184467440737095516160005 LAST\r\n",
    ] {
        assert!(
            Request::parse(&mut line.as_bytes().iter()).is_ok(),
            "{line:?}: the judge has become stricter"
        );
    }
}
