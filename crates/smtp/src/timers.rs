//! The table of timers: how long each side of an SMTP connection waits for what.
//!
//! Beside both sessions. Invariant: a session never waits for its peer without a [`Deadline`] that names its row;
//! the owner of the socket calls `step` when it has come, and the session says what follows.

/// Declares [`Timer`] as one table: name, key, default in milliseconds, sentence.
macro_rules! timers {
    ($($(#[$doc:meta])+ $name:ident = $key:literal, $default_ms:literal;)+) => {
        /// What is waited for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Timer {
            $($(#[$doc])+ $name,)+
        }

        impl Timer {
            /// Every timer, in the order of the table.
            pub const ALL: &'static [Timer] = &[$(Timer::$name,)+];

            /// Its name, as meters and settings say it.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)+
                }
            }

            /// Its default, in milliseconds.
            #[must_use]
            pub const fn default_ms(self) -> u64 {
                match self {
                    $(Self::$name => $default_ms,)+
                }
            }
        }
    };
}

timers! {
    /// Server: between transactions, from an answer to the next command's last octet. RFC 5321 §4.5.3.2.7 asks for
    /// five minutes at least; peers keep connections.
    ServerIdle = "server.idle", 600_000;
    /// Server: within a transaction, from an answer to the next command's last octet (§4.5.3.2.7).
    ServerCommand = "server.command", 300_000;
    /// Server: silence within a body; what §4.5.3.2.5 gives the client for a block.
    ServerDataBlock = "server.data_block", 180_000;
    /// Server: from DATA or the first BDAT to the message's end, whatever the blocks; ours, against trickles.
    ServerMessage = "server.message", 1_800_000;
    /// Server and client: output that the peer does not take; as long as a block may be (§4.5.3.2.5).
    Send = "send", 180_000;
    /// Server: after the last reply the peer's octets are dropped so long; ours.
    ServerLinger = "server.linger", 2_000;
    /// Client: the greeting (§4.5.3.2.1).
    ClientGreeting = "client.greeting", 300_000;
    /// Client: the answer to EHLO or HELO; §4.5.3.2 names none, so that of MAIL.
    ClientHello = "client.hello", 300_000;
    /// Client: the answer to STARTTLS; as EHLO.
    ClientStartTls = "client.starttls", 300_000;
    /// Client: the answer to MAIL (§4.5.3.2.2).
    ClientMail = "client.mail", 300_000;
    /// Client: the answer to a RCPT (§4.5.3.2.3).
    ClientRecipient = "client.recipient", 300_000;
    /// Client: the 354 after DATA (§4.5.3.2.4).
    ClientData = "client.data", 120_000;
    /// Client: the answer to the end of the message (§4.5.3.2.6): the server may only answer when it is safe.
    ClientDataEnd = "client.data_end", 600_000;
    /// Client: the answer to RSET; as MAIL.
    ClientReset = "client.reset", 300_000;
    /// Client: the answer to QUIT; nothing depends on it, so it is short. Ours.
    ClientQuit = "client.quit", 10_000;
}

const COUNT: usize = Timer::ALL.len();

/// The timers of one connection: the table's defaults, unless set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    ms: [u64; COUNT],
}

impl Timers {
    /// The value of a timer, in milliseconds.
    #[must_use]
    pub fn ms(&self, timer: Timer) -> u64 {
        self.ms
            .get(timer as usize)
            .copied()
            .unwrap_or_else(|| timer.default_ms())
    }

    /// The same timers with one of them set, in milliseconds.
    #[must_use]
    pub fn with(mut self, timer: Timer, ms: u64) -> Self {
        if let Some(place) = self.ms.get_mut(timer as usize) {
            *place = ms;
        }
        self
    }

    /// The deadline of a timer that runs since `since_ms`.
    #[must_use]
    pub fn deadline(&self, timer: Timer, since_ms: u64) -> Deadline {
        Deadline {
            at_ms: since_ms.saturating_add(self.ms(timer)),
            timer,
        }
    }
}

impl Default for Timers {
    fn default() -> Self {
        let mut ms = [0; COUNT];
        for (place, timer) in ms.iter_mut().zip(Timer::ALL) {
            *place = timer.default_ms();
        }
        Self { ms }
    }
}

/// When the owner is to call `step` in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// On the caller's clock, in milliseconds.
    pub at_ms: u64,
    /// Which row of the table it is.
    pub timer: Timer,
}

impl Deadline {
    /// The earlier of two.
    #[must_use]
    pub const fn earlier(self, other: Self) -> Self {
        if other.at_ms < self.at_ms { other } else { self }
    }

    /// Whether it has come.
    #[must_use]
    pub const fn has_come(self, now_ms: u64) -> bool {
        now_ms >= self.at_ms
    }
}
