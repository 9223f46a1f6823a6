//! What phones and strangers should not send: each is refused, and for its reason.
//!
//! Part of the crowd. Nothing of it stands in the book, so what is stored of it all the same is found by the checker of
//! durability.

use super::super::Walk;
use super::super::doing::{Doing, Framing, Style, phone};
use crate::net::Request;
use crate::phone::send_req;
use crate::swarm::PHONES;
use mms::{ReplyChargingMode, SenderVisibility, Time};

impl Walk {
    pub(super) fn talk_nonsense(&mut self) {
        self.coverage.count("act: sends nonsense");
        let who = self.dice(PHONES);
        let other = phone(self.dice(PHONES));
        let transaction = format!("X{}", self.exchanges);
        let whole = send_req(&transaction, &[&other], b"no", |_| {});
        match self.dice(17) {
            0 => {
                let cut = 1 + self.dice(12) as usize;
                self.post(who, &whole[..cut.min(whole.len())]);
            }
            1 => {
                // X-Mms-MMS-Version 2.0.
                let mut pdu = whole;
                if let Some(at) = pdu.windows(2).position(|pair| pair == [0x8d, 0x92]) {
                    pdu[at + 1] = 0xa0;
                }
                self.post(who, &pdu);
            }
            2 => self.post(who, &send_req(&transaction, &[], b"no", |_| {})),
            3 => {
                let all: Vec<String> = (0..9).map(phone).collect();
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                self.post(who, &send_req(&transaction, &all, b"no", |_| {}));
            }
            4 => self.post(who, &send_req(&transaction, &[&other], &[b'x'; 60_000], |_| {})),
            5 => self.post(who, &send_req(&transaction, &[&other], &[b'x'; 150_000], |_| {})),
            6 => self.post(
                who,
                &send_req(&transaction, &[&other], b"no", |send| {
                    send.reply_charging.mode = Some(ReplyChargingMode::Requested);
                }),
            ),
            7 if !self.world.shape.profile.mm1.sender_hiding => self.post(
                who,
                &send_req(&transaction, &[&other], b"no", |send| {
                    send.sender_visibility = Some(SenderVisibility::Hide);
                }),
            ),
            8 => self.post(
                who,
                &send_req(&transaction, &[&other], b"no", |send| {
                    send.delivery_time = Some(Time::Relative(90_000));
                }),
            ),
            9 => self.post(
                who,
                &send_req(&transaction, &["nobody@example.invalid"], b"no", |_| {}),
            ),
            10 => self.post(who, &[0x8c, 0xb5, 0x98, b'T', 0, 0x8d, 0x92]),
            11 | 12 => self.break_framing(),
            _ => self.talk_strangely(who, &whole),
        }
    }

    /// What is no request of HTTP: each of these has its own sentence, and ends its connection.
    fn break_framing(&mut self) {
        let name = phone(self.dice(PHONES));
        let post = format!("POST / HTTP/1.1\r\nHost: mms.invalid\r\nX-MSISDN: {name}\r\n");
        let first = match self.dice(5) {
            0 => format!("{post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            1 => format!("{post}X-Padding: {}\r\n\r\n", "x".repeat(20_000)),
            2 => "GET / HTTP/2.0\r\n\r\n".to_owned(),
            3 => format!("{post}Content-Length: 500000\r\n\r\n{}", "x".repeat(100)),
            // The rest never comes.
            _ => format!("{post}Content-Le"),
        };
        let first = first.into_bytes();
        self.begin_octets(
            Doing::Other,
            Request {
                first,
                then: Vec::new(),
            },
        );
    }

    /// What the edge has to refuse, or to find nobody for.
    fn talk_strangely(&mut self, who: u64, pdu: &[u8]) {
        let name = phone(who);
        let style = Style {
            who: Some(&name),
            method: "POST",
            target: "/",
            media_type: "application/vnd.wap.mms-message",
            framing: Framing::Length,
        };
        let style = match self.dice(5) {
            0 => Style { who: None, ..style },
            1 => Style {
                media_type: "image/jpeg",
                ..style
            },
            2 => Style {
                method: "PUT",
                ..style
            },
            3 => Style {
                target: "no target",
                ..style
            },
            _ => Style {
                method: "GET",
                target: "/AAAAAAAAAAAAAAAA",
                ..style
            },
        };
        self.begin(Doing::Other, style, pdu);
    }
}
