//! The floor: glommio, httparse and the journal, and nothing of MMS.
//!
//! A server that posts come to, whose bodies go to the log, and that answers 60 octets once the log is on disk. It has
//! what the full server can't do without, in the leanest form that is still correct, so that the ratio between both
//! says what MMS costs. Invariants: the same journal, settings, disk flags and ring flags as the full server's; no
//! answer before the group of its body is on disk; a connection's buffer is made once, and once more for what it does
//! not hold.
//!
//! Reading order: [`run`], `http`, `life` or `smtp` (a connection), `log` (the journal's hands).

mod http;
mod life;
mod log;
mod smtp;

use crate::{BenchError, clock};
use glommio::net::TcpListener;
use glommio::{LocalExecutorBuilder, Placement};
use log::Log;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// Octets of a segment of both servers.
pub const SEGMENT_OCTETS: u32 = 1 << 30;
/// Octets of a group of both servers, at most.
pub const GROUP_OCTETS: u32 = 4 << 20;
/// Groups on their way to the disk of both servers, at most.
pub const GROUPS_IN_FLIGHT: u8 = 2;
/// Segment files of both servers, at most; no run comes near.
pub const SEGMENTS_MAX: u16 = 40;

/// What the bare server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Requests to the log.
    Http,
    /// The same, answered with an M-Send.conf of the request's transaction: for a driver that reads what it gets.
    Conf,
    /// Whole lives: messages, notifications, retrievals, responses, reports.
    Life,
    /// Mails to the log.
    Smtp,
    /// Answers without a log: what the driver can do at most.
    Null,
    /// The log without requests: what the disk path can do at most.
    Log,
}

/// How it is run.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// What it does.
    #[arg(long, value_enum, default_value = "http")]
    pub mode: Mode,
    /// Folder of the log; made where it is not there.
    #[arg(long)]
    pub data: PathBuf,
    /// Octets of the log's segments, a power of two: as they were filled beforehand, where they were.
    #[arg(long, default_value_t = SEGMENT_OCTETS)]
    pub segment_octets: u32,
    /// With `--mode log`: clients that append and wait, in turn.
    #[arg(long, default_value_t = 64)]
    pub clients: usize,
    /// With `--mode log`: octets of each record's body.
    #[arg(long, default_value_t = 30_000)]
    pub octets: usize,
    /// With `--mode life`: the port of the SMSC.
    #[arg(long, default_value_t = 0)]
    pub link: u16,
    /// With `--mode log`: for how long.
    #[arg(long, default_value_t = 3)]
    pub seconds: u64,
}

/// Runs it until it is killed, or with `--mode log` for its time.
///
/// # Errors
/// What the system answered.
pub fn run(options: Options) -> Result<(), BenchError> {
    LocalExecutorBuilder::new(Placement::Unbound)
        .name("shard-0")
        .ring_depth(engine::RING_DEPTH)
        .io_memory(usize::from(GROUPS_IN_FLIGHT + 3) * GROUP_OCTETS as usize)
        .spawn(move || async move { serve(options).await })
        .and_then(glommio::ExecutorJoinHandle::join)
        .map_err(|error| BenchError::broken(error.to_string()))?
}

async fn serve(options: Options) -> Result<(), BenchError> {
    let log = match options.mode {
        Mode::Null => None,
        Mode::Http | Mode::Conf | Mode::Life | Mode::Smtp | Mode::Log => {
            Some(Log::open(&options.data, options.segment_octets)?)
        }
    };
    if let (Mode::Log, Some(log)) = (options.mode, &log) {
        return append_only(&options, log).await;
    }
    let centre = match (options.mode, &log) {
        (Mode::Life, Some(log)) => Some(life::Centre::connect(Rc::clone(log), options.link).await?),
        _ => None,
    };
    let broken = |error: glommio::GlommioError<()>| BenchError::broken(error.to_string());
    let listener = TcpListener::bind("127.0.0.1:0").map_err(broken)?;
    println!(
        "ready mm1={} rings={}",
        listener.local_addr().map_err(broken)?,
        engine::ring_flags::rings_of_thread()
    );
    loop {
        let stream = listener.accept().await.map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        let log = log.clone();
        match (options.mode, &centre) {
            (_, Some(centre)) => glommio::spawn_local(life::serve(stream, Rc::clone(centre))).detach(),
            (Mode::Smtp, _) => glommio::spawn_local(smtp::serve(stream, log)).detach(),
            (mode, _) => glommio::spawn_local(http::serve(stream, log, mode == Mode::Conf)).detach(),
        };
    }
}

/// So many clients append and wait, as fast as they can.
async fn append_only(options: &Options, log: &Rc<Log>) -> Result<(), BenchError> {
    let begun = clock();
    let time = Duration::from_secs(options.seconds);
    let clients: Vec<_> = (0..options.clients)
        .map(|client| {
            let (log, body) = (Rc::clone(log), vec![client as u8; options.octets]);
            glommio::spawn_local(async move {
                let ticket = Rc::default();
                while begun.elapsed() < time {
                    log.append(&body, &ticket).await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("log seconds={seconds} {}", log.counts());
    Ok(())
}
