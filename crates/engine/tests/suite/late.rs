//! An answer to a mail that comes after it was given up: it is nobody's, least of all the next mail's.
//!
//! The brain here keeps every mail until it is told what to answer, so that what is late is certain. The client is a
//! plain socket.

use crate::harness::{loopback, until};
use base::{Monotonic, Now, Reason, ShardId};
use engine::{
    DiskSeat, Doors, Drained, Engine, GroupBuffer, Listeners, MAIL_ANSWER_MS_MAX, Mind, Mm4, Options,
    Running, ShardStart, ToPeers, names::SystemNames,
};
use profile::Profile;
use route::{Publisher, Routes};
use shard::{Answer, Arrival, Content, Effect, Input, UnderWay};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

const SETTINGS: &str = r#"
[numbering]
local_ranges = ["+4477009"]
[mm4]
domain = "mms.ours.example"
[[peer]]
name = "alpha"
domains = ["mms.alpha.example"]
sources = ["127.0.0.1"]
ranges = ["+155501"]
"#;

/// Answers the mail that has waited longest whenever it is told how.
struct Keeping {
    came: SyncSender<()>,
    verdicts: Receiver<Result<(), Reason>>,
    kept: VecDeque<Box<Arrival>>,
    now: Monotonic,
    profile_version: Arc<AtomicU64>,
}

impl Mind for Keeping {
    fn turn(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input<GroupBuffer>>,
        effects: &mut Vec<Effect<GroupBuffer>>,
    ) {
        self.now = now.monotonic;
        for input in inputs.drain(..) {
            match input {
                Input::Arrival(arrival) => {
                    self.kept.push_back(arrival);
                    self.came.send(()).unwrap();
                }
                Input::Profile(profile) => self.profile_version.store(profile.version, Ordering::SeqCst),
                _ => {}
            }
        }
        while !self.kept.is_empty()
            && let Ok(verdict) = self.verdicts.try_recv()
            && let Some(arrival) = self.kept.pop_front()
        {
            effects.push(Effect::Answer {
                to: arrival.reply_to,
                answer: Answer {
                    http_status: 200,
                    content: Content::Verdict(verdict),
                    retry_after_s: None,
                    close: false,
                    sent: None,
                },
            });
        }
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        (!self.kept.is_empty()).then_some(self.now + 1)
    }

    fn under_way(&self) -> UnderWay {
        UnderWay {
            requests: self.kept.len() as u32,
            ..UnderWay::default()
        }
    }

    fn wants_buffer(&self) -> bool {
        false
    }

    fn give_buffer(&mut self, _: GroupBuffer) {}

    fn group_octets(&self) -> usize {
        4_096
    }

    fn request_marker(&mut self) {}
}

/// How the listener speaks, with that wait for the brain.
fn terms(answer_ms_max: u64) -> Arc<Mm4> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let base = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Arc::new(Mm4 {
        smtp: Arc::new(smtp::server::Config::new("mms.ours.example")),
        tls: None,
        to_peers: ToPeers {
            base: Arc::new(base),
            verifier: None,
            provider,
        },
        names: Arc::new(SystemNames),
        paces: Arc::default(),
        connections_max: 10,
        connections_per_source_max: 10,
        answer_ms_max,
    })
}

/// One shard with such a brain.
struct Server {
    running: Running,
    came: Receiver<()>,
    verdicts: SyncSender<Result<(), Reason>>,
    profile_version: Arc<AtomicU64>,
    profile: Profile,
}

fn start(answer_ms_max: u64) -> Server {
    let settings = profile::parse(SETTINGS).unwrap();
    let profile = profile::compile(&settings, 1, SocketAddr::from(([127, 0, 0, 1], 0)));
    let routes = Publisher::new(Arc::new(Routes::compile(&profile, Arc::default(), 1).unwrap()));
    let (tell_came, came) = sync_channel(4);
    let (verdicts, hear) = sync_channel(4);
    let profile_version = Arc::new(AtomicU64::new(0));
    let brain = Keeping {
        came: tell_came,
        verdicts: hear,
        kept: VecDeque::new(),
        now: Monotonic(0),
        profile_version: Arc::clone(&profile_version),
    };
    let seat = ShardStart {
        mm4: Some((terms(answer_ms_max), routes.reader())),
        meter: Arc::default(),
        disk: DiskSeat::Absent,
        brain: move |_: ShardId| brain,
    };
    let bind = || Listeners::bind(&[loopback()], 1).unwrap();
    let doors = Doors {
        mm1: bind(),
        mm4: Some(bind()),
    };
    let running = Engine::start(Options::default(), doors, Arc::new(profile.clone()), vec![seat]).unwrap();
    Server {
        running,
        came,
        verdicts,
        profile_version,
        profile,
    }
}

/// A peer's connection.
struct Line(BufReader<TcpStream>);

impl Line {
    fn open(server: &Server) -> Line {
        let stream = TcpStream::connect(server.running.mm4_addresses()[0]).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut line = Line(BufReader::new(stream));
        assert!(line.reply().starts_with("220 "));
        assert!(line.say("EHLO mms.alpha.example").starts_with("250 "));
        line
    }

    /// The last line of a reply.
    fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    fn say(&mut self, words: &str) -> String {
        self.0
            .get_mut()
            .write_all(format!("{words}\r\n").as_bytes())
            .unwrap();
        self.reply()
    }

    /// Brings a mail up to its end; its verdict comes later.
    fn bring(&mut self, id: &str) {
        let from = "+15550100/TYPE=PLMN@mms.alpha.example";
        let to = "+447700900001/TYPE=PLMN@mms.ours.example";
        assert!(self.say(&format!("MAIL FROM:<{from}>")).starts_with("250 "));
        assert!(self.say(&format!("RCPT TO:<{to}>")).starts_with("250 "));
        assert!(self.say("DATA").starts_with("354 "));
        let mail = format!(
            "X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\n\
             X-Mms-Transaction-ID: t-{id}\r\nX-Mms-Message-ID: {id}@mms.alpha.example\r\n\
             From: {from}\r\nTo: {to}\r\nSender: system-user@mms.alpha.example\r\n\
             Date: Sun, 22 Nov 2026 16:00:00 +0000\r\nMessage-ID: <{id}.1@mms.alpha.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhello\r\n.\r\n"
        );
        self.0.get_mut().write_all(mail.as_bytes()).unwrap();
    }

    /// Nothing more comes.
    fn ends(&mut self) {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[test]
fn a_late_answer_is_not_the_next_mails() {
    let mut server = start(20);
    let mut first = Line::open(&server);
    first.bring("late");
    server.came.recv_timeout(PATIENCE).unwrap();
    let reply = first.reply();
    assert!(reply.starts_with("421 4.3.0 "), "{reply}");
    first.ends();
    // From now on answers are waited for, however long this machine takes; who connects behind the turn has the terms.
    let profile = Profile {
        version: 2,
        ..server.profile.clone()
    };
    let patient = terms(MAIL_ANSWER_MS_MAX);
    server.running.reload(&Arc::new(profile), Some(&patient)).unwrap();
    until("the terms", || server.profile_version.load(Ordering::SeqCst) == 2);
    let mut second = Line::open(&server);
    second.bring("next");
    server.came.recv_timeout(PATIENCE).unwrap();
    // The first mail's comes now, and says no; the second has its own, which says yes.
    server.verdicts.send(Err(Reason::ContentTooLarge)).unwrap();
    server.verdicts.send(Ok(())).unwrap();
    let reply = second.reply();
    assert!(reply.starts_with("250 "), "{reply}");
    assert!(second.say("QUIT").starts_with("221 "));
    second.ends();
    assert_eq!(server.running.drain(PATIENCE), Drained::Whole);
    server.running.join().unwrap();
}
