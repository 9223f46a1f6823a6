//! Why the server's session itself refuses a command, a message or a connection, and what is said to the peer.
//!
//! Stands at every refusal that is not the owner's. Invariants: each reason has one code, one enhanced code, one
//! sentence and one extent; whatever leaves two readings of where a message ends has the extent of the connection.

use crate::reply::{Enhanced, Reply};

/// How much a refusal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    /// The command; it counts as one in error.
    Command,
    /// The message: the rest of it is read and dropped, then the peer is told.
    Message,
    /// The connection, at once.
    Connection,
}

/// Declares [`Reason`] as one table: name, extent, code, subject and detail, sentence.
macro_rules! reasons {
    ($(
        $(#[$doc:meta])+
        $name:ident = $extent:ident, $code:literal, ($subject:literal, $detail:literal), $text:literal;
    )+) => {
        /// Why the session refuses. The variant is what meters and events count by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])+ $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];

            /// Its name: what a counter is told by.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// How much it ends.
            #[must_use]
            pub const fn extent(self) -> Extent {
                match self {
                    $(Self::$name => Extent::$extent,)+
                }
            }

            /// What the peer is told.
            #[must_use]
            pub const fn reply(self) -> Reply<'static> {
                match self {
                    $(Self::$name => Reply::new($code, Enhanced::new($subject, $detail), $text),)+
                }
            }
        }
    };
}

reasons! {
    /// A line feed without its carriage return, in a command or in text (RFC 5321 §2.3.8; CVE-2023-51764 to 51766).
    LineFeedBare = Connection, 554, (5, 2), "A line feed stands alone";
    /// A carriage return without its line feed, in a command or in text (RFC 5321 §2.3.8).
    CarriageReturnBare = Connection, 554, (5, 2), "A carriage return stands alone";
    /// Octets before the greeting has left (RFC 5321 §3.1).
    EarlyBeforeGreeting = Connection, 554, (5, 0), "Wait for the greeting";
    /// Commands behind EHLO or HELO, or behind any command when pipelining is not agreed (RFC 2920 §3.1).
    EarlyAfterCommand = Connection, 554, (5, 0), "Wait for the answer, pipelining is not allowed here";
    /// Text behind DATA before the 354 (RFC 2920 §3.1).
    EarlyAfterData = Connection, 554, (5, 0), "Wait for 354 before the message";
    /// Octets in clear behind STARTTLS, which an attacker may have put there (RFC 3207 §6, CVE-2011-0411).
    EarlyAfterStartTls = Connection, 554, (5, 0), "Nothing may follow STARTTLS in clear";
    /// A chunk size that is no number: where the next command begins is unknown.
    ChunkSizeMalformed = Connection, 501, (5, 4), "BDAT takes a size and perhaps LAST";
    /// BDAT where it is not offered: its octets follow all the same.
    ChunksNotOffered = Connection, 502, (5, 1), "BDAT is not served";
    /// A message so large that it is not even read to its end.
    DrainExceeded = Connection, 552, (3, 4), "Message far too large";
    /// A command line so long that it is not even read to its end.
    LineEndless = Connection, 500, (5, 2), "Line far too long";
    /// Too many commands in error.
    ErrorsTooMany = Connection, 421, (7, 0), "Too many errors, closing";
    /// Too many commands without a message.
    IdleCommandsTooMany = Connection, 421, (7, 0), "Too many commands without a message, closing";
    /// The connection has carried its number of messages.
    TransactionsTooMany = Connection, 421, (3, 2), "Enough messages on this connection, open another";
    /// Silence, or a command or message that does not end.
    TooLate = Connection, 421, (4, 2), "Timed out, closing";
    /// The server ends.
    Retired = Connection, 421, (3, 2), "Service closing, try again";
    /// The message is over the limit.
    MessageTooLarge = Message, 552, (3, 4), "Message too large";
    /// A line of text over the limit (RFC 5321 §4.5.3.1.6).
    TextLineTooLong = Message, 500, (5, 2), "A line of the message is too long";
    /// NUL in a message that is not binary (RFC 2045 §2.7, §2.8).
    TextNul = Message, 554, (6, 0), "The message holds a NUL octet";
    /// The header section is over the limit.
    HeaderTooLarge = Message, 552, (3, 4), "The header of the message is too large";
    /// More header lines than allowed.
    HeaderLinesTooMany = Message, 554, (6, 0), "The header of the message has too many lines";
    /// A chunk of a transaction that is none: its octets are read and dropped.
    ChunkOutOfSequence = Message, 503, (5, 1), "BDAT is out of sequence";
    /// A chunk when no recipient was accepted.
    ChunkWithoutRecipients = Message, 554, (5, 1), "No recipient was accepted";
    /// The command line is over the limit.
    CommandLineTooLong = Command, 500, (5, 2), "Line too long";
    /// NUL, another control octet, or one beyond ASCII in a command.
    CommandOctet = Command, 500, (5, 2), "The command holds an octet that is not printable";
    /// No such command.
    CommandUnknown = Command, 500, (5, 1), "Command unknown";
    /// A command that is known and not served (AUTH, EXPN, BURL, ETRN, and STARTTLS when not offered).
    CommandNotServed = Command, 502, (5, 1), "Command not served";
    /// An argument is missing, or there is one too many.
    ArgumentMalformed = Command, 501, (5, 4), "The argument is malformed";
    /// The name behind EHLO or HELO is none.
    NameMalformed = Command, 501, (5, 4), "A name or an address literal is wanted";
    /// A reverse path that is none.
    SenderMalformed = Command, 501, (1, 7), "The sender's path is malformed";
    /// A forward path that is none.
    RecipientMalformed = Command, 501, (1, 3), "The recipient's path is malformed";
    /// A parameter with a value that it can't have, or twice.
    ParameterMalformed = Command, 501, (5, 4), "A parameter is malformed";
    /// A parameter that is not offered (RFC 5321 §4.1.1.11).
    ParameterUnknown = Command, 555, (5, 4), "A parameter is not known here";
    /// A command before EHLO or HELO.
    HelloMissing = Command, 503, (5, 1), "Say EHLO first";
    /// A command where it has no place.
    OutOfSequence = Command, 503, (5, 1), "Command out of sequence";
    /// DATA when every recipient was refused (RFC 2920 §3.1).
    NoRecipients = Command, 554, (5, 1), "No recipient was accepted";
    /// DATA for a binary body, which has no lines (RFC 3030 §3).
    BinaryWithoutChunks = Command, 503, (5, 1), "A binary message comes by BDAT";
    /// MAIL in clear where TLS is demanded (RFC 3207 §4).
    TlsMissing = Command, 530, (7, 0), "Say STARTTLS first";
    /// The declared size is over the limit (RFC 1870 §6.1).
    DeclaredTooLarge = Command, 552, (3, 4), "Message too large";
    /// More RCPT commands than allowed (RFC 5321 §4.5.3.1.10).
    RecipientsTooMany = Command, 452, (5, 3), "Too many recipients";
}

impl Reason {
    /// Whether the command that is refused so counts as one in error.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(
            self,
            Self::RecipientsTooMany | Self::DeclaredTooLarge | Self::NoRecipients | Self::TlsMissing
        )
    }
}
