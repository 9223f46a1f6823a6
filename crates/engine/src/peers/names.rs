//! Who finds machines by name: what links ask, and what is answered from outside.
//!
//! A look-up is somebody else's work (the program gives a [`Names`] with the terms of MM4), on a thread that is no
//! shard's. Invariants: asking never blocks; only names that stand in a peer's profile are asked for, and those that
//! the exchanges of such a name lead to: nothing that a mail says is looked up.

use std::net::{IpAddr, ToSocketAddrs as _};

/// Addresses of one machine that are tried. Reason: a name with more is a mistake, and each may cost a timeout.
pub const ADDRESSES_MAX: usize = 4;

/// Machines that take a domain's mail of which any is tried. Reason: as many as a profile can name.
pub const EXCHANGES_MAX: usize = 16;

/// Takes the answer to a question; called once or dropped, from any thread, and never blocks.
pub type Answer<T> = Box<dyn FnOnce(Result<T, NoName>) + Send>;

/// Finds machines.
pub trait Names: Send + Sync {
    /// The machines that take a domain's mail (RFC 5321 §5.1), each name once, at most [`EXCHANGES_MAX`]; none where
    /// the domain names none, so that it is its own.
    fn exchanges(&self, domain: &str, answer: Answer<Vec<Exchange>>);

    /// The addresses of a machine, at least one and at most [`ADDRESSES_MAX`], in the order in which they are tried.
    fn addresses(&self, name: &str, answer: Answer<Vec<IpAddr>>);
}

/// A machine that takes a domain's mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The lowest is tried first.
    pub preference: u16,
    /// In lower case, without the last dot.
    pub name: String,
}

/// Why there is no machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoName {
    /// The domain says so for good.
    #[error("the domain takes no mail (null MX)")]
    TakesNoMail,
    /// NXDOMAIN.
    #[error("there is no such name")]
    Unknown,
    /// The name has none.
    #[error("the name has no address")]
    NoAddress,
    /// They answered, and not what was asked: their word for it.
    #[error("the name servers failed: {0}")]
    Failed(String),
    /// Nobody answered.
    #[error("no answer of the name servers in time")]
    Late,
    /// Nothing was asked.
    #[error("too many look-ups are under way")]
    Busy,
}

/// The system's own resolver, hosts file and all; it knows no exchanges. One thread a look-up, since it blocks for as
/// long as it likes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn exchanges(&self, _domain: &str, answer: Answer<Vec<Exchange>>) {
        answer(Err(NoName::Failed("nobody is asked for MX".to_owned())));
    }

    fn addresses(&self, name: &str, answer: Answer<Vec<IpAddr>>) {
        let name = (name.to_owned(), 0);
        let asked = std::thread::Builder::new()
            .name("resolver".to_owned())
            .spawn(move || {
                let found = name.to_socket_addrs();
                answer(match found {
                    Ok(all) => match all.map(|address| address.ip()).take(ADDRESSES_MAX).collect() {
                        found if Vec::is_empty(&found) => Err(NoName::NoAddress),
                        found => Ok(found),
                    },
                    Err(error) => Err(NoName::Failed(error.to_string())),
                });
            });
        // Without a thread the answer is dropped with its closure, which is one, too.
        drop(asked);
    }
}
