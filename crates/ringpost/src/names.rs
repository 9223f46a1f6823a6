//! Finding peers' machines in the DNS: MX, A and AAAA, off the shards.
//!
//! ```text
//!  link ─► Lookups (a channel) ─► thread `names`: cache ─► servers, one after another (UDP, TCP where truncated)
//!  link ◄── answer ◄──────────────────┘ all who asked the same meanwhile get the same
//! ```
//!
//! What [`engine`] asks of [`Names`], with the stub resolver's parts of the crate `domain`. Invariants: asking never
//! blocks and never waits; every question is answered within [`PATIENCE`]; the same is not asked twice at once;
//! questions, look-ups and what is remembered are bounded; nothing is remembered for longer than its own time.
//!
//! Reading order: this file (the thread), `ask` (one look-up), `cache`.

mod ask;
mod cache;

use ask::Servers;
use cache::Cache;
use engine::names::{Answer, Exchange, Names, NoName, SystemNames};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long one look-up may take, over all servers. Reason: a link gives up its name after ten seconds.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// Questions that wait for the thread. Reason: more than the links of a thousand peers begin at once.
const QUESTIONS_MAX: usize = 4_096;

/// Look-ups under way at once; others wait. Reason: each is a socket.
const LOOKUPS_MAX: usize = 64;

/// Milliseconds on a clock that only goes on; the program's, or a test's.
pub type Milliseconds = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Finds machines by name.
#[derive(Clone)]
pub struct Lookups {
    questions: mpsc::Sender<Question>,
    /// The system's own resolver answers for addresses, since nobody named servers.
    is_of_system: bool,
}

impl std::fmt::Debug for Lookups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookups").finish_non_exhaustive()
    }
}

/// What is looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Exchanges(String),
    Addresses(String),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Exchanges(Vec<Exchange>),
    Addresses(Vec<IpAddr>),
}

/// A finished look-up, and for how many seconds it holds.
type Finding = (Result<Found, NoName>, u32);

/// Who asked.
enum Reply {
    Exchanges(Answer<Vec<Exchange>>),
    Addresses(Answer<Vec<IpAddr>>),
}

struct Question {
    key: Key,
    reply: Reply,
}

impl Reply {
    fn give(self, found: &Result<Found, NoName>) {
        match (self, found) {
            (Reply::Exchanges(answer), Ok(Found::Exchanges(found))) => answer(Ok(found.clone())),
            (Reply::Addresses(answer), Ok(Found::Addresses(found))) => answer(Ok(found.clone())),
            (Reply::Exchanges(answer), Err(why)) => answer(Err(why.clone())),
            (Reply::Addresses(answer), Err(why)) => answer(Err(why.clone())),
            // A key is answered with its own kind; without an answer the link gives up by itself.
            (Reply::Exchanges(_) | Reply::Addresses(_), Ok(_)) => {}
        }
    }
}

impl Lookups {
    /// Starts the thread; it ends with the last of its clones. Without servers those of `/etc/resolv.conf` are asked
    /// for exchanges, and the system's own resolver for addresses.
    ///
    /// # Errors
    /// Where the kernel gives no thread or no poll.
    pub fn start(
        servers: &[SocketAddr],
        patience: Duration,
        clock: Milliseconds,
    ) -> std::io::Result<Lookups> {
        let is_of_system = servers.is_empty();
        let servers = match is_of_system {
            true => ask::servers_of_system(),
            false => servers.to_vec(),
        };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (questions, received) = mpsc::channel(QUESTIONS_MAX);
        let serving = async move {
            // Its connections live on this runtime.
            let servers = Servers::new(&servers, patience);
            serve(received, servers, clock).await;
        };
        std::thread::Builder::new()
            .name("names".to_owned())
            .spawn(move || runtime.block_on(serving))?;
        Ok(Lookups {
            questions,
            is_of_system,
        })
    }

    fn ask(&self, key: Key, reply: Reply) {
        if let Err(error) = self.questions.try_send(Question { key, reply }) {
            error.into_inner().reply.give(&Err(NoName::Busy));
        }
    }
}

impl Names for Lookups {
    fn exchanges(&self, domain: &str, answer: Answer<Vec<Exchange>>) {
        let key = Key::Exchanges(domain.to_ascii_lowercase());
        self.ask(key, Reply::Exchanges(answer));
    }

    fn addresses(&self, name: &str, answer: Answer<Vec<IpAddr>>) {
        if self.is_of_system {
            return SystemNames.addresses(name, answer);
        }
        let key = Key::Addresses(name.to_ascii_lowercase());
        self.ask(key, Reply::Addresses(answer));
    }
}

/// The thread: questions in, answers out, until nobody can ask any more.
async fn serve(mut questions: mpsc::Receiver<Question>, servers: Servers, clock: Milliseconds) {
    let mut cache = Cache::default();
    let mut waiting: BTreeMap<Key, Vec<Reply>> = BTreeMap::new();
    let mut under_way: JoinSet<(Key, Finding)> = JoinSet::new();
    loop {
        tokio::select! {
            question = questions.recv(), if under_way.len() < LOOKUPS_MAX => {
                let Some(Question { key, reply }) = question else { return };
                if let Some(found) = cache.find(&key, clock()) {
                    reply.give(found);
                } else if let Some(others) = waiting.get_mut(&key) {
                    others.push(reply);
                } else {
                    waiting.insert(key.clone(), vec![reply]);
                    under_way.spawn(servers.clone().look_up(key));
                }
            }
            Some(done) = under_way.join_next() => {
                // A look-up that panicked is none: whoever waits for it gives up by itself.
                let Ok((key, (found, seconds))) = done else { continue };
                // Kept before it is given: whoever has it knows from when on it counts.
                let others = waiting.remove(&key).unwrap_or_default();
                cache.keep(key, found.clone(), seconds, clock());
                for reply in others {
                    reply.give(&found);
                }
            }
        }
    }
}
