//! What is set for one link: who we are to the SMSC, how a push is carried, how fast.
//!
//! Made from the product's settings, before a session. Invariant: a [`Settings`] that a session has taken fits the
//! protocol's fields ([`Settings::check`]), so nothing is cut or refused while pushes are under way.

use super::limits;
use super::message_id::IdForm;
use crate::wdp::Reference;

/// What the link may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bind {
    /// Submits only; receipts come over another link.
    Transmitter,
    /// Receives only.
    Receiver,
    /// Both.
    #[default]
    Transceiver,
}

impl Bind {
    /// Whether pushes can go over it.
    #[must_use]
    pub const fn may_submit(self) -> bool {
        !matches!(self, Self::Receiver)
    }

    /// command_id of the bind (SMPP 3.4 §5.1.2.1).
    #[must_use]
    pub const fn command(self) -> u32 {
        match self {
            Self::Receiver => 0x01,
            Self::Transmitter => 0x02,
            Self::Transceiver => 0x09,
        }
    }
}

/// How the ports and the place of a segment travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carriage {
    /// In a user data header in short_message: every SMSC can.
    #[default]
    Header,
    /// In source_port, destination_port and the sar_ parameters.
    Sar,
    /// The whole push in message_payload with ports; the SMSC cuts it.
    Payload,
}

/// Which receipts are asked for (registered_delivery, SMPP 3.4 §5.2.17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReceiptsAsked {
    /// None: taken is the last that is known.
    Never,
    /// Of the end, good or bad.
    #[default]
    Always,
    /// Of failure only. Silence then means delivered or lost: it ends as `Unreceipted`.
    Failure,
}

impl ReceiptsAsked {
    /// registered_delivery.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Self::Never => 0,
            Self::Always => 1,
            Self::Failure => 2,
        }
    }
}

/// What `err:nnn` in a receipt's text means; every maker has numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextErrors {
    /// Nothing that we know: undeliverable means try later.
    #[default]
    Opaque,
    /// MAP error codes (3GPP TS 29.002 §17.6.6), as with network_error_code.
    Map,
}

/// Who we are. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// system_id, at most 15 octets.
    pub system_id: String,
    /// password, at most 8 octets.
    pub password: String,
    /// system_type, at most 12 octets; mostly empty.
    pub system_type: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("system_id", &self.system_id)
            .field("system_type", &self.system_type)
            .finish_non_exhaustive()
    }
}

/// Whom the push comes from: a short code (TON 3 or 0), a number (1/1) or a name (5/0).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// source_addr_ton.
    pub ton: u8,
    /// source_addr_npi.
    pub npi: u8,
    /// source_addr, at most 20 octets.
    pub address: String,
}

/// All of one link. Times are milliseconds; ranges and reasons in [`limits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the link may do.
    pub bind: Bind,
    /// Who we are.
    pub credentials: Credentials,
    /// service_type, at most 5 octets: empty or `WAP`.
    pub service_type: String,
    /// Whom pushes come from.
    pub source: Source,
    /// dest_addr_ton and dest_addr_npi of the subscribers' numbers.
    pub destination: (u8, u8),
    /// How segments travel.
    pub carriage: Carriage,
    /// How wide their reference is in a user data header.
    pub reference: Reference,
    /// esm_class beside the header indicator: 0 the SMSC's default mode, 3 store and forward.
    pub messaging_mode: u8,
    /// data_coding: 0x04, 0xF5 or 0x15, all of them eight-bit data.
    pub data_coding: u8,
    /// priority_flag, 0 to 3.
    pub priority: u8,
    /// Which receipts are asked for.
    pub receipts: ReceiptsAsked,
    /// How the ids in receipts are written.
    pub id_form: IdForm,
    /// What the errors in receipts' texts mean.
    pub text_errors: TextErrors,
    /// See [`limits::CONNECT`].
    pub connect_ms: u32,
    /// See [`limits::BIND`].
    pub bind_ms: u32,
    /// See [`limits::RESPONSE`].
    pub response_ms: u32,
    /// See [`limits::ENQUIRE`].
    pub enquire_ms: u32,
    /// See [`limits::DRAIN`].
    pub drain_ms: u32,
    /// See [`limits::RECONNECT_MIN`].
    pub reconnect_ms_min: u32,
    /// See [`limits::RECONNECT_MAX`].
    pub reconnect_ms_max: u32,
    /// See [`limits::THROTTLE_MIN`].
    pub throttle_ms_min: u32,
    /// See [`limits::THROTTLE_MAX`].
    pub throttle_ms_max: u32,
    /// See [`limits::RETRY_MIN`].
    pub retry_ms_min: u32,
    /// See [`limits::RETRY_MAX`].
    pub retry_ms_max: u32,
    /// See [`limits::THROTTLED_MAX`].
    pub throttled_max: u32,
    /// See [`limits::WINDOW`].
    pub window: u32,
    /// See [`limits::RATE`].
    pub rate_per_s: u32,
    /// See [`limits::BURST`].
    pub burst: u32,
    /// See [`limits::QUEUE`].
    pub queue: u32,
    /// See [`limits::UNANSWERED_MAX`].
    pub unanswered_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: Bind::default(),
            credentials: Credentials::default(),
            service_type: String::new(),
            source: Source::default(),
            // International, of the telephone numbering plan (SMPP 3.4 §5.2.5, §5.2.6).
            destination: (1, 1),
            carriage: Carriage::default(),
            reference: Reference::default(),
            messaging_mode: 0,
            data_coding: 0x04,
            priority: 0,
            receipts: ReceiptsAsked::default(),
            id_form: IdForm::default(),
            text_errors: TextErrors::default(),
            connect_ms: limits::CONNECT.default,
            bind_ms: limits::BIND.default,
            response_ms: limits::RESPONSE.default,
            enquire_ms: limits::ENQUIRE.default,
            drain_ms: limits::DRAIN.default,
            reconnect_ms_min: limits::RECONNECT_MIN.default,
            reconnect_ms_max: limits::RECONNECT_MAX.default,
            throttle_ms_min: limits::THROTTLE_MIN.default,
            throttle_ms_max: limits::THROTTLE_MAX.default,
            retry_ms_min: limits::RETRY_MIN.default,
            retry_ms_max: limits::RETRY_MAX.default,
            throttled_max: limits::THROTTLED_MAX.default,
            window: limits::WINDOW.default,
            rate_per_s: limits::RATE.default,
            burst: limits::BURST.default,
            queue: limits::QUEUE.default,
            unanswered_max: limits::UNANSWERED_MAX.default,
        }
    }
}

/// A setting that does not fit its field or its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    /// Its name.
    pub name: &'static str,
}

impl Settings {
    /// Says which setting does not fit. Errors: the first such.
    pub fn check(&self) -> Result<(), Unfit> {
        let texts = [
            ("system_id", &self.credentials.system_id, 15),
            ("password", &self.credentials.password, 8),
            ("system_type", &self.credentials.system_type, 12),
            ("service_type", &self.service_type, 5),
            ("source.address", &self.source.address, 20),
        ];
        for (name, text, octets_max) in texts {
            if text.len() > octets_max || !text.is_ascii() || text.contains('\0') {
                return Err(Unfit { name });
            }
        }
        if self.messaging_mode > 3 {
            return Err(Unfit {
                name: "messaging_mode",
            });
        }
        if self.priority > 3 {
            return Err(Unfit { name: "priority" });
        }
        for (row, value) in self.bounded() {
            if value < row.min || value > row.max {
                return Err(Unfit { name: row.name });
            }
        }
        let growing = [
            (
                self.reconnect_ms_min,
                self.reconnect_ms_max,
                limits::RECONNECT_MIN.name,
            ),
            (
                self.throttle_ms_min,
                self.throttle_ms_max,
                limits::THROTTLE_MIN.name,
            ),
            (self.retry_ms_min, self.retry_ms_max, limits::RETRY_MIN.name),
        ];
        match growing.iter().find(|(least, most, _)| least > most) {
            Some((_, _, name)) => Err(Unfit { name }),
            None => Ok(()),
        }
    }

    fn bounded(&self) -> [(limits::Row, u32); 17] {
        [
            (limits::CONNECT, self.connect_ms),
            (limits::BIND, self.bind_ms),
            (limits::RESPONSE, self.response_ms),
            (limits::ENQUIRE, self.enquire_ms),
            (limits::DRAIN, self.drain_ms),
            (limits::RECONNECT_MIN, self.reconnect_ms_min),
            (limits::RECONNECT_MAX, self.reconnect_ms_max),
            (limits::THROTTLE_MIN, self.throttle_ms_min),
            (limits::THROTTLE_MAX, self.throttle_ms_max),
            (limits::RETRY_MIN, self.retry_ms_min),
            (limits::RETRY_MAX, self.retry_ms_max),
            (limits::THROTTLED_MAX, self.throttled_max),
            (limits::WINDOW, self.window),
            (limits::RATE, self.rate_per_s),
            (limits::BURST, self.burst),
            (limits::QUEUE, self.queue),
            (limits::UNANSWERED_MAX, self.unanswered_max),
        ]
    }
}
