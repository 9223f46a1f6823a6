//! `ringpost demo`: real servers on free ports, simulated phones, a real photograph, a kill in the middle.
//!
//! ```text
//!  child `serve` ◄── Alice sends a photograph to Bob and Carol
//!  kill -9, again `serve` on the same data
//!  Bob fetches it, Carol defers, then fetches it; Alice gets every report
//!  Alice sends it to Anna, whose operator is another (`abroad`); SIGTERM drains; the logs are verified
//! ```
//!
//! Invariants: the server is this program's own binary as a child process, so that it can be killed for real; every
//! step is printed with its time; the result is success only if every octet and every report arrived.

mod abroad;
mod child;
mod photograph;

use crate::exit::Exit;
use crate::phone::message::Outcome;
use crate::phone::{Config, File, Notification, Phone, PhoneError, Submission};
use base::Msisdn;
use child::{Plan, Server};
use mms::{ReadStatus, Status};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the demo waits for any one thing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Fictional numbers (Ofcom's range for drama).
const ALICE: &str = "447700900001";
const BOB: &str = "447700900002";
const CAROL: &str = "447700900003";

/// Why the demo did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A phone could not do its part.
    #[error("{step}: {error}")]
    Phone {
        /// Which part.
        step: &'static str,
        /// Why.
        error: PhoneError,
    },
    /// The server did not do what was expected.
    #[error("{0}")]
    Server(String),
    /// Something arrived that is not what was sent, or did not arrive.
    #[error("{0}")]
    Wrong(String),
    /// Files and processes.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// What to show.
#[derive(Debug)]
pub struct Options {
    /// The binary to run as the server.
    pub program: PathBuf,
    /// Where the server keeps its data; a folder of its own under the system's for temporary files where none is given.
    pub data: Option<PathBuf>,
    /// Print JSON, one value a step.
    pub json: bool,
}

/// Runs the demo; prints its steps to `out`.
pub fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let folder = options
        .data
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("ringpost-demo-{}", std::process::id())));
    let mut show = Show {
        out,
        json: options.json,
        begun: now(),
    };
    let played = play(options, &folder, &mut show);
    if options.data.is_none() {
        // What is left there is of no use; a next demo has another folder.
        let _ = std::fs::remove_dir_all(&folder);
    }
    match played {
        Ok(()) => {
            let whole = show.begun.elapsed();
            show.step(
                "done",
                &format!("every octet and every report arrived, in {} in all", time(whole)),
                whole,
            );
            Exit::Done
        }
        Err(error) => {
            eprintln!("demo: {error}");
            Exit::Failed
        }
    }
}

/// Where steps are printed.
struct Show<'a> {
    out: &'a mut dyn Write,
    json: bool,
    begun: Instant,
}

impl Show<'_> {
    fn step(&mut self, name: &str, text: &str, took: Duration) {
        // Nobody reading any more is no failure of the demo.
        let _ = if self.json {
            let ms = took.as_secs_f64() * 1_000.0;
            writeln!(
                self.out,
                "{}",
                json!({ "step": name, "ms": (ms * 1_000.0).round() / 1_000.0, "text": text })
            )
        } else {
            writeln!(self.out, "{:>10}  {name:<10} {text}", time(took))
        };
        // As above.
        let _ = self.out.flush();
    }
}

fn time(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1_000.0)
}

/// Alice, Bob and Carol.
struct Cast {
    alice: Phone,
    bob: Phone,
    carol: Phone,
}

fn play(options: &Options, folder: &std::path::Path, show: &mut Show<'_>) -> Result<(), DemoError> {
    std::fs::create_dir_all(folder)?;
    let begun = now();
    let photograph = photograph::jpeg()?;
    show.step(
        "photo",
        &format!("a photograph of 1024 × 768, {} octets of JPEG", photograph.len()),
        begun.elapsed(),
    );
    let begun = now();
    let [plan, abroad] = abroad::plans(folder)?;
    let server = Server::start(&options.program, &plan)?;
    show.step(
        "ready",
        &format!("a server listens at {}", server.mmsc),
        begun.elapsed(),
    );
    let mut cast = Cast {
        alice: phone(ALICE, &server)?,
        bob: phone(BOB, &server)?,
        carol: phone(CAROL, &server)?,
    };
    let message_id = send(&mut cast.alice, &photograph, show)?;
    let (for_bob, for_carol) = (
        notified(&mut cast.bob, "Bob", show)?,
        notified(&mut cast.carol, "Carol", show)?,
    );
    let server = kill(server, options, &plan, &mut cast, show)?;
    fetch(&mut cast.bob, "Bob", &for_bob, &photograph, show)?;
    reported(
        &mut cast.alice,
        &message_id,
        BOB,
        Outcome::Delivery(Status::Retrieved),
        show,
    )?;
    defer(&mut cast.carol, &for_carol, &photograph, show)?;
    reported(
        &mut cast.alice,
        &message_id,
        CAROL,
        Outcome::Delivery(Status::Retrieved),
        show,
    )?;
    let begun = now();
    let from = for_bob.from.as_deref().unwrap_or_default();
    cast.bob
        .read_report(&message_id, from, ReadStatus::Read)
        .map_err(at("Bob reads"))?;
    show.step("read", "Bob has read it and says so", begun.elapsed());
    reported(
        &mut cast.alice,
        &message_id,
        BOB,
        Outcome::Read(ReadStatus::Read),
        show,
    )?;
    abroad::play(options, &abroad, &mut cast.alice, &photograph, show)?;
    finish(server, options, folder, show)
}

fn phone(number: &str, server: &Server) -> Result<Phone, DemoError> {
    let number = Msisdn::from_digits(number.as_bytes());
    let number = number.ok_or_else(|| DemoError::Wrong("not a number".to_owned()))?;
    let (mmsc, admin) = (server.mmsc.clone(), server.admin.clone());
    Ok(Phone::new(Config {
        patience: PATIENCE,
        ..Config::lab(number, mmsc, admin)
    }))
}

fn photographed(to: &[&str], photograph: &[u8]) -> Submission {
    Submission {
        to: to.iter().map(|number| format!("+{number}")).collect(),
        subject: Some("Evening at the lake".to_owned()),
        files: vec![File {
            name: "lake.jpg".to_owned(),
            content_type: "image/jpeg".to_owned(),
            octets: photograph.to_vec(),
        }],
        slides: true,
        delivery_report: true,
        read_report: true,
        ..Submission::default()
    }
}

fn send(alice: &mut Phone, photograph: &[u8], show: &mut Show<'_>) -> Result<String, DemoError> {
    let submission = photographed(&[BOB, CAROL], photograph);
    let begun = now();
    let sent = alice.send(&submission).map_err(at("Alice sends"))?;
    let text = format!(
        "Alice sent it to Bob and Carol: accepted and on disk as {}",
        sent.message_id
    );
    show.step("sent", &text, begun.elapsed());
    Ok(sent.message_id)
}

fn notified(phone: &mut Phone, name: &str, show: &mut Show<'_>) -> Result<Notification, DemoError> {
    let begun = now();
    let notification = phone.notification(PATIENCE).map_err(at("a notification"))?;
    let notification =
        notification.ok_or_else(|| DemoError::Wrong(format!("no notification for {name} came")))?;
    let text = format!(
        "{name}'s phone was told: {} octets wait",
        notification.size_octets
    );
    show.step("notified", &text, begun.elapsed());
    Ok(notification)
}

/// Kills the server as a power cut would the process, and starts it anew on the same data.
fn kill(
    server: Server,
    options: &Options,
    plan: &Plan,
    cast: &mut Cast,
    show: &mut Show<'_>,
) -> Result<Server, DemoError> {
    let begun = now();
    let old = server.mmsc.clone();
    server.kill()?;
    show.step(
        "killed",
        "kill -9: the server is gone, the photograph not yet fetched",
        begun.elapsed(),
    );
    let begun = now();
    // On the address that notifications point at.
    let server = Server::start_at(&options.program, plan, &old)?;
    show.step("ready", "the server is back on the same data", begun.elapsed());
    for phone in [&mut cast.alice, &mut cast.bob, &mut cast.carol] {
        phone.move_to(server.mmsc.clone(), server.admin.clone());
    }
    Ok(server)
}

fn fetch(
    phone: &mut Phone,
    name: &str,
    notification: &Notification,
    photograph: &[u8],
    show: &mut Show<'_>,
) -> Result<(), DemoError> {
    let begun = now();
    let got = phone
        .retrieve(&notification.content_location)
        .map_err(at("a retrieval"))?;
    same(&got.message, photograph)?;
    show.step(
        "fetched",
        &format!("{name} fetched {} octets: the photograph is the same", got.octets),
        begun.elapsed(),
    );
    let begun = now();
    phone
        .respond(notification, Status::Retrieved)
        .map_err(at("an answer"))?;
    show.step(
        "answered",
        &format!("{name}'s phone said that it has it"),
        begun.elapsed(),
    );
    Ok(())
}

/// Later is said first, then the message is fetched and acknowledged.
fn defer(
    carol: &mut Phone,
    notification: &Notification,
    photograph: &[u8],
    show: &mut Show<'_>,
) -> Result<(), DemoError> {
    let begun = now();
    carol
        .respond(notification, Status::Deferred)
        .map_err(at("Carol defers"))?;
    show.step("deferred", "Carol's phone said: later", begun.elapsed());
    let begun = now();
    let got = carol
        .retrieve(&notification.content_location)
        .map_err(at("Carol fetches"))?;
    same(&got.message, photograph)?;
    let transaction_id = got.message.transaction_id.as_deref();
    let transaction_id = transaction_id
        .ok_or_else(|| DemoError::Wrong("a deferred message wants no acknowledgement".to_owned()))?;
    show.step(
        "fetched",
        &format!("Carol fetched {} octets: the photograph is the same", got.octets),
        begun.elapsed(),
    );
    let begun = now();
    carol
        .acknowledge(transaction_id)
        .map_err(at("Carol acknowledges"))?;
    show.step("answered", "Carol's phone acknowledged it", begun.elapsed());
    Ok(())
}

fn same(message: &crate::phone::Message, photograph: &[u8]) -> Result<(), DemoError> {
    let part = message
        .parts
        .iter()
        .find(|part| part.content_type == "image/jpeg");
    match part {
        Some(part) if part.octets == photograph => Ok(()),
        Some(_) => Err(DemoError::Wrong(
            "the photograph that arrived is another one".to_owned(),
        )),
        None => Err(DemoError::Wrong("no photograph arrived".to_owned())),
    }
}

/// Waits for the report that is due; others would be wrong.
fn reported(
    alice: &mut Phone,
    message_id: &str,
    recipient: &str,
    outcome: Outcome,
    show: &mut Show<'_>,
) -> Result<(), DemoError> {
    let begun = now();
    let report = alice.report(PATIENCE).map_err(at("a report"))?;
    let report = report.ok_or_else(|| DemoError::Wrong(format!("no report {} came", outcome.name())))?;
    let due = report.message_id == message_id
        && report.recipient.starts_with(&format!("+{recipient}"))
        && report.outcome == outcome;
    if !due {
        return Err(DemoError::Wrong(format!(
            "a report {} came that was not due",
            report.outcome.name()
        )));
    }
    let name = match recipient {
        BOB => "Bob",
        CAROL => "Carol",
        _ => "Anna",
    };
    show.step(
        "reported",
        &format!("Alice was told of {name}: {}", outcome.name()),
        begun.elapsed(),
    );
    Ok(())
}

fn finish(
    server: Server,
    options: &Options,
    folder: &std::path::Path,
    show: &mut Show<'_>,
) -> Result<(), DemoError> {
    let begun = now();
    server.terminate()?;
    show.step(
        "drained",
        "SIGTERM: the server finished and stopped",
        begun.elapsed(),
    );
    let begun = now();
    let verdict = child::verify(&options.program, folder)?;
    show.step("verified", &verdict, begun.elapsed());
    Ok(())
}

fn at(step: &'static str) -> impl Fn(PhoneError) -> DemoError {
    move |error| DemoError::Phone { step, error }
}

#[expect(clippy::disallowed_methods, reason = "the demo shows how long its steps take")]
fn now() -> Instant {
    Instant::now()
}
