//! Every bound of an SMTP connection, with its unit, its reason and its relation to its neighbours.
//!
//! Stands beside the flow: both sessions ask it, nothing else holds a number of octets or of lines.
//! Invariant: [`Limits::relations_hold`] is true of every value that a session is made with; the defaults are checked
//! when this file is compiled.

/// The bounds of one connection, as server and as client. Sizes are octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The receive buffer. A command line or a peer's reply line must fit; larger blocks of a body cost fewer turns.
    pub receive_octets: u32,
    /// A command line with its CR LF. RFC 5321 §4.5.3.1.4 asks for 512; RFC 1870 adds 26 to MAIL, RFC 6152 17,
    /// RFC 3461 about 110, and to RCPT about 530.
    pub command_line_octets_max: u32,
    /// How much of a longer command line is passed over before the 500, so that the connection can go on.
    pub command_skip_octets_max: u32,
    /// Replies, or a client's commands and body, that wait to be sent; nothing more is made before some have left.
    pub output_octets_max: u32,
    /// A message as it is kept, after dot-unstuffing. Two MiB of media are 2.8 MiB in base64.
    pub message_octets_max: u64,
    /// A message that is read to its end although it is refused, so that the peer hears why; beyond it we close.
    pub drain_octets_max: u64,
    /// A line of text within a message, with its CR LF. RFC 5321 §4.5.3.1.6 asks for 1,000; old MMSCs write address
    /// lists unfolded, and a line of a hundred recipients is 4,000.
    pub text_line_octets_max: u32,
    /// The header section of a message. MM4 headers with a hundred recipients are below 16 KiB.
    pub header_octets_max: u32,
    /// Lines of the header section, folded ones counted singly: floods of fields cost whoever indexes them.
    pub header_lines_max: u32,
    /// RCPT commands of one transaction (RFC 5321 §4.5.3.1.8 asks for 100), refused ones included.
    pub recipients_max: u32,
    /// Messages on one connection; a peer keeps its connection for days, and balance wants it renewed at times.
    pub transactions_max: u32,
    /// Commands in error on one connection, then 421: nobody who speaks SMTP makes so many.
    pub errors_max: u32,
    /// Commands that bring no message nearer (NOOP, RSET, VRFY, HELP, greetings), since the last message.
    pub idle_commands_max: u32,
    /// One reply of a peer with all its lines; an EHLO answer has at most some thirty.
    pub reply_octets_max: u32,
    /// So much of a peer's reply text is kept for records (RFC 5321 §4.5.3.1.5: a reply line has 512).
    pub reply_text_octets_max: u32,
    /// After a refusal the peer's octets are dropped up to here, lest a reset destroy the refusal on its way.
    pub linger_octets_max: u64,
}

impl Limits {
    /// What a listener or a peer has when nothing else is set.
    pub const DEFAULT: Self = Self {
        receive_octets: 16 * 1024,
        command_line_octets_max: 1_280,
        command_skip_octets_max: 64 * 1024,
        output_octets_max: 32 * 1024,
        message_octets_max: 4 * 1024 * 1024,
        drain_octets_max: 16 * 1024 * 1024,
        text_line_octets_max: 4_096,
        header_octets_max: 64 * 1024,
        header_lines_max: 1_000,
        recipients_max: 1_000,
        transactions_max: 100_000,
        errors_max: 20,
        idle_commands_max: 100,
        reply_octets_max: 8 * 1024,
        reply_text_octets_max: 512,
        linger_octets_max: 256 * 1024,
    };

    /// Whether the bounds agree with each other; a configuration for which they don't is refused at start.
    #[must_use]
    pub const fn relations_hold(&self) -> bool {
        self.command_line_octets_max >= 64
            && self.command_line_octets_max <= self.receive_octets
            && self.receive_octets <= 1024 * 1024
            && self.output_octets_max >= 2 * REPLY_OCTETS_MAX
            && self.message_octets_max <= self.drain_octets_max
            && self.text_line_octets_max >= 64
            && self.header_lines_max >= 1
            && self.recipients_max >= 1
            && self.transactions_max >= 1
            && self.errors_max >= 1
            && self.idle_commands_max >= 1
            && self.reply_octets_max >= 512
            && self.reply_text_octets_max <= self.reply_octets_max
    }

    /// The most memory that a server's session holds between its calls: the receive buffer, replies made before the
    /// bound on output stopped it and the longest reply behind them, the peer's name.
    #[must_use]
    pub const fn session_octets_max(&self) -> u64 {
        (self.receive_octets as u64)
            .saturating_add((self.output_octets_max as u64).saturating_mul(2))
            .saturating_add(self.command_line_octets_max as u64)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A reply line of ours with its CR LF, at most (RFC 5321 §4.5.3.1.5).
pub(crate) const REPLY_OCTETS_MAX: u32 = 512;

/// A domain or host name, at most (RFC 5321 §4.5.3.1.2).
pub(crate) const DOMAIN_OCTETS_MAX: u32 = 255;

/// A path with its angle brackets, at most (RFC 5321 §4.5.3.1.3).
pub(crate) const PATH_OCTETS_MAX: u32 = 256;

/// A line that a client sends within a body that is not binary, with its CR LF, at most (RFC 5321 §4.5.3.1.6).
pub(crate) const SENT_LINE_OCTETS_MAX: u64 = 1_000;

const _: () = assert!(Limits::DEFAULT.relations_hold());
