//! The words of operator profiles as types.
//!
//! Read when a profile is compiled. Invariant: the words are those of the rows in `peer` (a test compares them); one
//! that is not known can't come out of the parser and would be taken for the first.

macro_rules! choices {
    ($(
        $(#[doc = $doc:literal])*
        $Choice:ident { $($(#[doc = $variant_doc:literal])* $Variant:ident $word:literal,)* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Choice {
            $($(#[doc = $variant_doc])* $Variant,)*
        }

        impl $Choice {
            /// All, in the order of the words in the table.
            pub const ALL: &'static [$Choice] = &[$($Choice::$Variant,)*];

            /// The word that stands for it in the file.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $($Choice::$Variant => $word,)*
                }
            }

            pub(crate) fn of(word: &str) -> $Choice {
                let found = $Choice::ALL.iter().find(|choice| choice.word() == word);
                *found.unwrap_or(&[$($Choice::$Variant,)*][0])
            }
        }
    )*};
}

choices! {
    /// Whose numbers a peer may bring as senders.
    Senders {
        /// Its own: in its ranges or ported to it.
        Owned "owned",
        /// Any that is neither ours nor another peer's: a hub.
        Foreign "foreign",
    }
    /// What a size limit counts.
    SizeBasis {
        /// The parts as they are.
        Binary "binary",
        /// The parts in base64.
        Base64 "base64",
        /// The whole mail.
        Whole "whole",
    }
    /// Character set of texts.
    Charset {
        /// As the sender wrote them.
        Unchanged "unchanged",
        /// UTF-8.
        Utf8 "utf-8",
    }
    /// Form of X-Mms-Transaction-ID and X-Mms-Message-ID.
    Ids {
        /// As they are.
        Bare "bare",
        /// In double quotes.
        Quoted "quoted",
    }
    /// `/TYPE=PLMN` behind a number.
    AddressType {
        /// It stands there.
        Plmn "plmn",
        /// It does not.
        None "none",
    }
    /// `+` in front of a number.
    AddressPlus {
        /// It stands there.
        Plus "plus",
        /// It does not.
        None "none",
    }
    /// Domain behind a number in the mail's header.
    AddressDomain {
        /// It stands there.
        Domain "domain",
        /// It does not.
        None "none",
    }
    /// Who stands in From of a report.
    ReportFrom {
        /// The recipient of the message, whom the report is about (3GPP TS 23.140 §8.4).
        Recipient "recipient",
        /// The originator of the message.
        Originator "originator",
    }
    /// Encoding of parts.
    Transfer {
        /// base64.
        Base64 "base64",
        /// Octets as they are, where BINARYMIME is offered.
        Binary "binary",
    }
    /// What takes a message off our hands.
    Ack {
        /// MM4_forward.RES: X-Mms-Ack-Request is Yes.
        Res "res",
        /// The SMTP reply at the end of the mail.
        Smtp "smtp",
    }
    /// STARTTLS with a peer.
    Tls {
        /// Not used.
        Never "never",
        /// Used where the other side offers it.
        Offered "offered",
        /// Nothing is said without it.
        Required "required",
    }
    /// How a hub answers between two peers.
    Mode {
        /// Our RES follows the other side's.
        Transparent "transparent",
        /// Our RES is given once the message is stored.
        StoreAndForward "store_and_forward",
    }
}

#[cfg(test)]
mod tests;
