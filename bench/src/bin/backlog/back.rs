//! One peer's return, seen by a phone: quiet before, the backlog standing, moving, quiet after.
//!
//! Under `main`. Invariant: windows follow one another on one server, and the phone posts in all of them.

use crate::{Arguments, Direction};
use bench::driver::{Driver, Expect};
use bench::mails::{Mail, Mails};
use bench::pdu::Template;
use bench::phone::{Phone, Posted};
use bench::server::{Programs, Server};
use bench::sinks::{Manner, Shut};
use bench::{BenchError, clock, held};
use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

/// Numbers of the phone's messages, which are local; of the peer's mails; those for the peer begin with 0.
const PHONE_FIRST: u64 = 500_000_000;
const MAILS_FIRST: u64 = 600_000_000;
/// Connections of phones that post what waits for the peer.
const POSTING: usize = 32;
/// Senders of those, in turn.
const SENDERS: u64 = 100_000;
/// A backlog that has not gone by then is stuck.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks how far it is.
const LOOK: Duration = Duration::from_millis(20);

/// A time in which nothing changes.
pub(crate) struct Window {
    pub(crate) name: &'static str,
    pub(crate) posted: Posted,
    pub(crate) elapsed: Duration,
    /// Octets that the server's process has in memory at its end.
    pub(crate) resident: u64,
}

/// A return.
pub(crate) struct Return {
    pub(crate) round: usize,
    pub(crate) direction: Direction,
    pub(crate) windows: Vec<Window>,
    /// Messages of the backlog that nobody has, and that were brought more than once.
    pub(crate) lost: u64,
    pub(crate) again: u64,
}

/// One return on a fresh server.
pub(crate) fn measure(
    arguments: &Arguments,
    programs: &Programs,
    round: usize,
    direction: Direction,
) -> Result<Return, BenchError> {
    let data = arguments.place.log(arguments.segments)?;
    let peer = Shut::new()?;
    let settings = settings(arguments, &data, peer.address);
    let start = || Server::serve(arguments.place.seat(), programs, &data, &settings);
    let mut server = start()?;
    let phone = Phone::connect(server.mm1, arguments.octets, arguments.rate, PHONE_FIRST)?;
    let mut scene = Scene {
        phone,
        process: server.process(),
        quiet: Duration::from_secs(arguments.seconds),
        windows: Vec::new(),
    };
    scene.phone.post(Duration::from_secs(2))?;
    scene.quiet("before")?;
    let (lost, again) = match direction {
        Direction::In => {
            bring(arguments, &mut scene, server.mm4)?;
            scene.quiet("after")?;
            let refused: u64 = scene.windows.iter().map(|window| window.posted.refused).sum();
            let posted = scene.phone.next_number() - PHONE_FIRST - refused;
            server.kill();
            let kept = start()?.counter("recipients_kept")?;
            (
                (posted + arguments.backlog).saturating_sub(kept.unwrap_or_default() as u64),
                0,
            )
        }
        Direction::Out => {
            let template = Template::new(arguments.octets, SENDERS)?;
            let mut driver = Driver::connect(server.mm1, POSTING, &template, 0, Expect::SendConfOk)?;
            driver.run(PATIENCE, arguments.backlog)?;
            let sent = driver.finish(PATIENCE)?;
            drop(driver);
            scene.quiet("standing")?;
            let (taken, recipients) = fetch(&mut scene, &server, peer, sent)?;
            scene.quiet("after")?;
            (sent - recipients, taken - recipients)
        }
    };
    Ok(Return {
        round,
        direction,
        windows: scene.windows,
        lost,
        again,
    })
}

fn settings(arguments: &Arguments, data: &Path, peer: SocketAddr) -> String {
    let more = format!(
        "[mm4]\ndomain = \"mms.ours.example\"\n[numbering]\nlocal_ranges = [\"+9991\", \"+99925\", \"+99926\"]\n\
         [[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+1555\", \"+99920\"]\n\
         sources = [\"127.0.0.1\"]\nhosts = [\"{peer}\"]\nack = \"smtp\"\ndelivery_reports = false\n\
         connections_max = {}\nmessages_per_s_max = {}\n",
        arguments.links, arguments.mails_per_s
    );
    bench::server::settings(data) + &more
}

/// The phone, and what it has seen.
struct Scene {
    phone: Phone,
    process: u32,
    quiet: Duration,
    windows: Vec<Window>,
}

impl Scene {
    fn quiet(&mut self, name: &'static str) -> Result<(), BenchError> {
        self.window(name, self.quiet, || Ok(true))
    }

    /// A window that lasts as long as something goes on.
    fn window(
        &mut self,
        name: &'static str,
        time: Duration,
        goes_on: impl FnMut() -> Result<bool, BenchError>,
    ) -> Result<(), BenchError> {
        let (posted, elapsed) = self.phone.post_while(time, goes_on)?;
        if name == "moving" && elapsed >= time {
            return Err(BenchError::broken("the backlog does not go"));
        }
        self.windows.push(Window {
            name,
            posted,
            elapsed,
            resident: held::resident(self.process)?,
        });
        Ok(())
    }
}

/// A thread that gives way to the phone.
fn politely<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BenchError> + Send + 'static,
) -> JoinHandle<Result<T, BenchError>> {
    std::thread::spawn(|| {
        // Of this thread alone, and of those that it starts.
        rustix::process::setpriority_process(None, 19).map_err(std::io::Error::from)?;
        work()
    })
}

fn ended<T>(thread: JoinHandle<Result<T, BenchError>>) -> Result<T, BenchError> {
    let joined = thread.join();
    joined.unwrap_or_else(|_| Err(BenchError::broken("a thread panicked")))
}

/// The peer brings what it has.
fn bring(arguments: &Arguments, scene: &mut Scene, mm4: SocketAddr) -> Result<(), BenchError> {
    let mail = Mail::new(arguments.octets);
    let numbers = MAILS_FIRST..MAILS_FIRST + arguments.backlog;
    let mut mails = Mails::connect(mm4, arguments.connections, &mail, numbers)?;
    let bringing = politely(move || mails.run(PATIENCE));
    scene.window("moving", PATIENCE, || Ok(!bringing.is_finished()))?;
    let brought = ended(bringing)?.messages;
    if brought != arguments.backlog {
        return Err(BenchError::broken(format!("{brought} mails were taken")));
    }
    Ok(())
}

/// The peer is there again and takes what was kept for it: how many mails, and for how many recipients.
fn fetch(scene: &mut Scene, server: &Server, peer: Shut, messages: u64) -> Result<(u64, u64), BenchError> {
    let sink = ended(politely(move || peer.open(Manner::Takes)))?;
    server.act("alpha", "retry")?;
    let looked = Cell::new(clock());
    scene.window("moving", PATIENCE, || {
        if looked.get().elapsed() < LOOK {
            return Ok(true);
        }
        looked.set(clock());
        Ok(sink.recipients() < messages)
    })?;
    Ok((sink.taken(), sink.recipients()))
}
