//! Torture: load, SIGKILL at a random moment, restart, and the ledger is held against what is there; many times.
//!
//! ```text
//!  start ─► repeats of what was not answered ─► everything acknowledged is fetched ─► load ┄ kill ─► verify, dump ─┐
//!    ▲                                                                                                          │
//!    └──────────────────── with the next number of shards ◄──────────────────────────────────────────────────────┘
//! ```
//!
//! Run by the suite (some kills) and by the program `torture` (as many as wanted). Invariants: a run is told by its
//! plan; the moments of the kills are random in real time, so that a seed repeats the letters, not the moments; a
//! finding ends the run with the round it was seen in.

use super::abroad::{self, Abroad, Care};
use super::actor::{Inbox, Sender, Stop, Tell, Zeal};
use super::carrier::{self, Carrier};
use super::ledger::{Event, Finding, Ledger};
use super::letter::subscriber;
use super::records;
use super::server::Place;
use super::turnstile::now;
use super::{Failure, Program, Server, Site};
use crate::fuzz::Dice;
use base::Msisdn;
use ringpost::phone::Phone;
use ringpost::phone::http::{Call, Client};
use serde_json::Value;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Events on their way to the ledger.
const EVENTS_MAX: usize = 1_024;

/// Letters that a sender sends at most between two kills.
const LETTERS_PER_ROUND_MAX: u32 = 400;

/// Looks of an inbox at most between two kills.
const LOOKS_PER_ROUND_MAX: u32 = 20_000;

/// The longest that a round's load may take to get to its kill.
const LOAD_WAIT: Duration = Duration::from_secs(20);

/// Numbers of carriers' letters begin above those of any sender.
const FIRST_CARRIER: u16 = 1_000;

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Kills, those before `ready` not counted.
    pub kills: u32,
    /// The number of shards of each start, in turn.
    pub shards: Vec<u16>,
    /// The faulty disk's plan, without its seed.
    pub fault: Option<String>,
    /// The longest that an acknowledged letter may take to be had after a start.
    pub patience: Duration,
    /// Senders.
    pub senders: u16,
    /// Carriers of another operator's letters.
    pub carriers: u16,
    /// Recipients.
    pub recipients: u16,
    /// Recipients who are another operator's subscribers.
    pub abroad: u16,
    /// How that operator treats what it takes.
    pub care: Care,
    /// Acknowledgements after which the kill comes, at most.
    pub accepted_before_kill_max: usize,
}

impl Plan {
    /// A plan with what the suite has.
    #[must_use]
    pub fn new(seed: u64, kills: u32, shards: &[u16]) -> Plan {
        Plan {
            seed,
            kills,
            shards: shards.to_vec(),
            fault: None,
            patience: Duration::from_secs(20),
            senders: 3,
            carriers: 2,
            recipients: 6,
            abroad: 2,
            care: Care::Keeps,
            accepted_before_kill_max: 24,
        }
    }
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Kills under load.
    pub kills: u32,
    /// Kills while starting.
    pub early_kills: u32,
    /// Letters acknowledged.
    pub accepted: u64,
    /// Acknowledgements of repeats.
    pub repeated: u64,
    /// Acknowledgements of another operator's mails, repeats included.
    pub taken: u64,
    /// Mails that another operator has taken, repeats included.
    pub carried: u64,
    /// Retrievals compared.
    pub fetched: u64,
    /// Copies ended, by the logs.
    pub ended: usize,
    /// Time spent in starting, in checking, under load, in reading logs.
    pub spent: [Duration; 4],
    /// What must not be.
    pub findings: Vec<Finding>,
    /// The end of the servers' log, where something was found.
    pub said: String,
}

/// Carries a plan out; `progress` hears of each round. Ends at the first round with a finding.
///
/// # Errors
/// What kept it from being carried out.
pub fn run(plan: &Plan, progress: &mut dyn FnMut(&Report)) -> Result<Report, Failure> {
    let mut run = Run::new(plan)?;
    for round in 0..plan.kills {
        run.round(round)?;
        run.count();
        progress(&run.report);
        if !run.report.findings.is_empty() {
            run.report.said = run.site.said();
            return Ok(run.report);
        }
    }
    run.finish()?;
    run.count();
    if !run.report.findings.is_empty() {
        run.report.said = run.site.said();
    }
    progress(&run.report);
    Ok(run.report)
}

struct Run<'a> {
    plan: &'a Plan,
    site: Site,
    dice: Dice,
    ledger: Ledger,
    senders: Vec<Sender>,
    carriers: Vec<Carrier>,
    inboxes: Vec<Inbox>,
    abroad: Abroad,
    foreigners: Vec<Msisdn>,
    report: Report,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan) -> Result<Run<'a>, Failure> {
        let program = match plan.fault {
            Some(_) => Program::WithFaults,
            None => Program::Shipped,
        };
        let mut site = Site::new(program, 1)?;
        // A phone that stays silent soon makes room for the next letter, and is soon told again.
        site.set("notify.place_s", "1");
        site.set("notify.schedule_s", "[1, 2]");
        site.set("journal.segments_max", "400");
        let recipients: Vec<_> = (0..plan.recipients).map(|index| subscriber(20 + index)).collect();
        let foreigners: Vec<_> = (0..plan.abroad).map(abroad::subscriber).collect();
        let sender = |index: u16| {
            let first = u64::from(index + 1) << 32;
            let all = recipients.iter().chain(&foreigners).copied().collect();
            Sender::new(subscriber(index), plan.seed, first, all)
        };
        let abroad = Abroad::start(plan.seed, plan.care)?;
        let profile = abroad.profile(&site)?;
        carrier::introduce(&mut site, &[profile])?;
        let carrier = |index: u16| {
            let first = u64::from(FIRST_CARRIER + index) << 32;
            Carrier::new(carrier::foreigner(index), plan.seed, first, recipients.clone())
        };
        Ok(Run {
            plan,
            site,
            dice: Dice::new(plan.seed, 0),
            ledger: Ledger::default(),
            senders: (0..plan.senders).map(sender).collect(),
            carriers: (0..plan.carriers).map(carrier).collect(),
            inboxes: recipients
                .iter()
                .map(|&number| Inbox::new(number, plan.seed))
                .collect(),
            abroad,
            foreigners,
            report: Report::default(),
        })
    }

    fn count(&mut self) {
        let (accepted, repeated, fetched) = self.ledger.counts();
        self.report.accepted = accepted;
        self.report.repeated = repeated;
        self.report.taken = self.ledger.taken();
        self.report.carried = self.ledger.carried();
        self.report.fetched = fetched;
        self.report.ended = self.ledger.ended();
        self.report.findings = self.ledger.findings().cloned().collect();
    }

    /// One start, check, load and kill.
    fn round(&mut self, round: u32) -> Result<(), Failure> {
        let turn = round as usize % self.plan.shards.len().max(1);
        let shards = self.plan.shards.get(turn).copied().unwrap_or(1);
        self.site.set("shards", &shards.to_string());
        if let Some(fault) = &self.plan.fault {
            let seed = self.dice.roll();
            self.site.set_fault(Some(format!("{fault},seed={seed}")));
        }
        if self.dice.one_in(5) {
            let moment = Duration::from_micros(self.dice.below(60_000) as u64);
            self.site.spawn()?.kill_within(moment)?;
            self.report.early_kills += 1;
        }
        let begun = now();
        let Some(server) = self.start() else { return Ok(()) };
        let started = now();
        let checked = self.check(&server, Zeal::Fetch)?;
        let loaded = now();
        if checked == Stop::Done {
            self.load(server)?;
        }
        self.report.kills += 1;
        let killed = now();
        self.read_logs()?;
        let moments = [begun, started, loaded, killed, now()];
        for (spent, pair) in self.report.spent.iter_mut().zip(moments.windows(2)) {
            if let [from, to] = pair {
                *spent += to.duration_since(*from);
            }
        }
        Ok(())
    }

    fn start(&mut self) -> Option<Server> {
        match self.site.start() {
            Ok(server) => Some(server),
            Err(failure) => {
                self.ledger.find(Finding::NotReady { said: failure.0 });
                None
            }
        }
    }

    /// Everything acknowledged is there.
    fn check(&mut self, server: &Server, zeal: Zeal) -> Result<Stop, Failure> {
        let ledger = &mut self.ledger;
        for sender in &mut self.senders {
            if sender.catch_up(server.at, &mut |event| ledger.take(event))? == Stop::Broken {
                return Ok(broken(ledger, "a repeat"));
            }
        }
        for carrier in &mut self.carriers {
            if carrier.catch_up(server.at, &mut |event| ledger.take(event)) == Stop::Broken {
                return Ok(broken(ledger, "another operator's repeat"));
            }
        }
        let phones: Result<Vec<Phone>, Failure> =
            self.inboxes.iter().map(|inbox| inbox.phone(server.at)).collect();
        let mut phones = phones?;
        // What they have heard of comes first: each retrieval makes room for the next notification.
        let mut fetched = fetch_all(&mut self.inboxes, &mut phones, zeal, ledger);
        let deadline = now() + self.plan.patience;
        while fetched.is_ok() && now() < deadline {
            self.abroad.news().for_each(|event| ledger.take(event));
            fetched = look_for_missing(&mut self.inboxes, &mut phones, ledger);
            let mut foreigners = self.foreigners.iter();
            let has_all = foreigners.all(|number| ledger.missing_abroad(*number).is_empty());
            if fetched == Ok(Missing::Nothing) && has_all {
                break;
            }
        }
        if fetched.is_ok() && zeal == Zeal::Answer {
            fetched = fetch_all(&mut self.inboxes, &mut phones, zeal, ledger);
        }
        if fetched.is_err() {
            return Ok(broken(ledger, "a retrieval"));
        }
        for inbox in &self.inboxes {
            for (serial, _) in ledger.owed(inbox.number()) {
                if !inbox.knows(serial) {
                    ledger.find(Finding::Lost {
                        serial,
                        recipient: inbox.number().digits(),
                        how: "no notification comes".to_owned(),
                    });
                }
            }
        }
        for number in &self.foreigners {
            for serial in ledger.missing_abroad(*number) {
                ledger.find(Finding::Lost {
                    serial,
                    recipient: number.digits(),
                    how: "the other operator never has it".to_owned(),
                });
            }
        }
        Ok(Stop::Done)
    }

    /// Load until the kill.
    fn load(&mut self, server: Server) -> Result<(), Failure> {
        let accepted = 1 + self.dice.below(self.plan.accepted_before_kill_max);
        let moment = Duration::from_micros(self.dice.below(3_000) as u64);
        let (tell, told) = sync_channel(EVENTS_MAX);
        let ledger = &mut self.ledger;
        let (senders, carriers, inboxes) = (&mut self.senders, &mut self.carriers, &mut self.inboxes);
        let place = server.at;
        std::thread::scope(|scope| -> Result<(), Failure> {
            for sender in senders {
                let tell = tell.clone();
                scope.spawn(move || sender.send(place, LETTERS_PER_ROUND_MAX, &mut told_to(&tell)));
            }
            for carrier in carriers {
                let tell = tell.clone();
                scope.spawn(move || carrier.send(place, LETTERS_PER_ROUND_MAX, &mut told_to(&tell)));
            }
            let half = inboxes.len().div_ceil(2).max(1);
            for some in inboxes.chunks_mut(half) {
                let tell = tell.clone();
                scope.spawn(move || collect(some, place, &mut told_to(&tell)));
            }
            drop(tell);
            wait_for_moment(ledger, &told, accepted, moment);
            server.signal(rustix::process::Signal::KILL)?;
            // What was on its way still counts; the actors end by the death of the server.
            told.iter().for_each(|event| ledger.take(event));
            Ok(())
        })?;
        server.kill()?;
        // Behind what the senders told: nothing comes before it is sent.
        self.abroad.news().for_each(|event| self.ledger.take(event));
        Ok(())
    }

    fn read_logs(&mut self) -> Result<(), Failure> {
        let verdict = self.site.log(&["verify"])?;
        if verdict.status.code() != Some(0) {
            let said = String::from_utf8_lossy(&verdict.stdout).into_owned();
            self.ledger.find(Finding::NotSound { said });
        }
        let records = records::dump(&self.site)?;
        self.ledger.read(&records);
        self.ledger.judge();
        Ok(())
    }

    /// Everything is fetched and answered, the server drained, the logs read.
    fn finish(&mut self) -> Result<(), Failure> {
        let Some(server) = self.start() else { return Ok(()) };
        self.check(&server, Zeal::Answer)?;
        self.nothing_waits(&server)?;
        let ended = server.terminate()?;
        if ended.code() != Some(0) {
            let what = format!("the drain ends with {ended}");
            self.ledger.find(Finding::Unexpected { what });
        }
        self.abroad.news().for_each(|event| self.ledger.take(event));
        self.read_logs()?;
        self.ledger.judge_abroad(&self.foreigners);
        Ok(())
    }

    /// Waits until the other operator has answered for all that it got: it may have it and the server not know.
    fn nothing_waits(&mut self, server: &Server) -> Result<(), Failure> {
        let deadline = now() + self.plan.patience;
        while now() < deadline {
            if untaken(server.at)? == 0 {
                return Ok(());
            }
        }
        let what = "the other operator's queue does not end".to_owned();
        self.ledger.find(Finding::Unexpected { what });
        Ok(())
    }
}

/// Copies that other operators have not taken, as an operator sees it.
fn untaken(place: Place) -> Result<u64, Failure> {
    let call = Call {
        url: &place.admin_url()?.join("v1/peers"),
        fields: &[],
        body: None,
        patience: Duration::from_secs(20),
    };
    let answer = Client::new(None).call(&call)?;
    let peers: Value = serde_json::from_slice(&answer.body).map_err(|error| Failure::of("peers", error))?;
    let untaken = |peer: &Value| peer.get("untaken").and_then(Value::as_u64);
    let all = peers.as_array().map(Vec::as_slice).unwrap_or_default();
    let all: Option<Vec<u64>> = all.iter().map(untaken).collect();
    all.map(|all| all.iter().sum())
        .ok_or_else(|| Failure(format!("no such peers: {peers}")))
}

/// Whether letters are still to be heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Nothing,
    Something,
}

fn fetch_all(
    inboxes: &mut [Inbox],
    phones: &mut [Phone],
    zeal: Zeal,
    ledger: &mut Ledger,
) -> Result<Missing, Stop> {
    for (inbox, phone) in inboxes.iter_mut().zip(phones) {
        inbox.fetch_all(phone, zeal, &mut |event| ledger.take(event))?;
    }
    Ok(Missing::Something)
}

/// Every inbox that has not heard of all that is owed to it looks once.
fn look_for_missing(
    inboxes: &mut [Inbox],
    phones: &mut [Phone],
    ledger: &mut Ledger,
) -> Result<Missing, Stop> {
    let mut missing = Missing::Nothing;
    for (inbox, phone) in inboxes.iter_mut().zip(phones) {
        let owed = ledger.owed(inbox.number());
        if owed.keys().any(|&serial| !inbox.knows(serial)) {
            missing = Missing::Something;
            inbox.look(phone, Duration::ZERO, Zeal::Fetch, &mut |event| {
                ledger.take(event)
            })?;
        }
    }
    Ok(missing)
}

fn broken(ledger: &mut Ledger, what: &str) -> Stop {
    let what = format!("{what} breaks off while nobody kills");
    ledger.find(Finding::Unexpected { what });
    Stop::Broken
}

fn told_to(tell: &SyncSender<Event>) -> impl FnMut(Event) {
    let tell = tell.clone();
    move |event| {
        // The ledger's side listens until the last sender is gone.
        let _ = tell.send(event);
    }
}

/// Inboxes in turn, until the server is gone.
fn collect(inboxes: &mut [Inbox], place: Place, tell: Tell<'_>) {
    let phones: Result<Vec<_>, _> = inboxes.iter().map(|inbox| inbox.phone(place)).collect();
    let Ok(mut phones) = phones else { return };
    for _ in 0..LOOKS_PER_ROUND_MAX {
        for (inbox, phone) in inboxes.iter_mut().zip(&mut phones) {
            if inbox.look(phone, Duration::ZERO, Zeal::Some, tell) == Err(Stop::Broken) {
                return;
            }
        }
    }
}

/// Takes events until so many letters were acknowledged, and for a moment more.
fn wait_for_moment(ledger: &mut Ledger, told: &Receiver<Event>, accepted: usize, moment: Duration) {
    let mut deadline = now() + LOAD_WAIT;
    let mut left = accepted;
    loop {
        match told.recv_timeout(deadline.saturating_duration_since(now())) {
            Ok(event) => {
                if matches!(event, Event::Accepted { .. } | Event::Taken { .. }) && left > 0 {
                    left -= 1;
                    if left == 0 {
                        deadline = now() + moment;
                    }
                }
                ledger.take(event);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}
