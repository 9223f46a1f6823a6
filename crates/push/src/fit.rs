//! A notification that fits its messages: which optional fields go first when it does not.
//!
//! Between the shard, which fills all that it knows into an `mms::NotificationInd`, and the push. Invariants: the
//! mandatory fields, and those that decide what the phone does with the message, are never dropped; what is dropped
//! depends on sizes alone, so a repeated notification loses the same; nothing is dropped that would have had room.

use base::limits::PUSH_HEADER_OCTETS;
use mms::NotificationInd;

use crate::wdp::{Reference, SEGMENTS_MAX};

/// One optional field of a notification, with what a user loses with it.
#[derive(Debug)]
pub struct Row {
    /// The field's name.
    pub name: &'static str,
    /// Why it stands at this place.
    pub text: &'static str,
    /// Whether the notification has it.
    has: fn(&NotificationInd<'_>) -> bool,
    /// Moves the field from the second notification to the first, or takes it away where the second is bare.
    copy: for<'a> fn(&mut NotificationInd<'a>, &NotificationInd<'a>),
}

/// A row for one field of the struct.
macro_rules! row {
    ($field:ident, $name:literal, $text:literal) => {
        Row {
            name: $name,
            text: $text,
            has: |from| from.$field.is_some(),
            copy: |to, from| to.$field = from.$field,
        }
    };
}

/// The order: the first row goes first. Not in it, hence never dropped: the mandatory fields, reply charging (it is a
/// promise about money), X-Mms-Replace-ID and the application ids (without them another program gets the message).
pub static ORDER: [Row; 10] = [
    row!(
        priority,
        "X-Mms-Priority",
        "the message itself says it again when it is retrieved"
    ),
    row!(
        delivery_report,
        "X-Mms-Delivery-Report",
        "the same; until then the phone's own setting decides"
    ),
    row!(
        content_class,
        "X-Mms-Content-Class",
        "the server adapts the message anyway"
    ),
    row!(
        drm_content,
        "X-Mms-DRM-Content",
        "the parts say it when they are retrieved"
    ),
    row!(
        distribution_indicator,
        "X-Mms-Distribution-Indicator",
        "only shown"
    ),
    row!(stored, "X-Mms-Stored", "only shown"),
    row!(
        recommended_retrieval_mode_text,
        "X-Mms-Recommended-Retrieval-Mode-Text",
        "the reason of the next row, only shown"
    ),
    row!(subject, "Subject", "long, and the message has it"),
    row!(
        recommended_retrieval_mode,
        "X-Mms-Recommended-Retrieval-Mode",
        "two octets that save a roaming user's money"
    ),
    row!(
        from,
        "From",
        "the one thing that a user wants to see before the message is there"
    ),
];

/// The fields that were left out, as a set over [`ORDER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped(u16);

impl Dropped {
    /// The names, in the order of the table.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let rows = ORDER.iter().enumerate();
        rows.filter(move |(index, _)| self.has(*index))
            .map(|(_, row)| row.name)
    }

    /// Whether all is there.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn has(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    const fn with(self, index: usize) -> Self {
        Self(self.0 | 1 << index)
    }

    const fn without(self, index: usize) -> Self {
        Self(self.0 & !(1 << index))
    }
}

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fitted {
    /// Messages that the push takes; more than [`SEGMENTS_MAX`] (and then one more than it) if it fits none.
    pub segments: u8,
    /// What was left out.
    pub dropped: Dropped,
}

impl Fitted {
    /// Whether it may be sent.
    #[must_use]
    pub const fn is_sendable(&self) -> bool {
        self.segments <= SEGMENTS_MAX
    }
}

/// Writes `notification` into `out`, which is cleared, so that its push takes as few messages as its mandatory fields
/// allow, and no optional field is missing that would have fitted these messages.
pub fn fit(notification: &NotificationInd<'_>, reference: Reference, out: &mut Vec<u8>) -> Fitted {
    let mut bare = *notification;
    let nothing = bare_of(notification);
    for row in &ORDER {
        (row.copy)(&mut bare, &nothing);
    }
    let least = push_octets(&bare, out);
    let Some(segments) = reference.segments(least) else {
        return Fitted {
            segments: SEGMENTS_MAX.saturating_add(1),
            dropped: all_of(notification),
        };
    };
    let dropped = fit_octets(notification, reference.budget_octets(segments), out);
    Fitted { segments, dropped }
}

/// Writes `notification` into `out`, which is cleared, leaving fields out until the push (its header included) has at
/// most `budget_octets`. When everything is left out that may be, and it is still longer, it stays so.
pub fn fit_octets(notification: &NotificationInd<'_>, budget_octets: usize, out: &mut Vec<u8>) -> Dropped {
    let nothing = bare_of(notification);
    let mut kept = *notification;
    let mut dropped = Dropped::default();
    let mut last = 0;
    for (index, row) in ORDER.iter().enumerate() {
        if push_octets(&kept, out) <= budget_octets {
            break;
        }
        if (row.has)(&kept) {
            (row.copy)(&mut kept, &nothing);
            dropped = dropped.with(index);
            last = index;
        }
    }
    // A long field that had to go may have left room for short ones before it: the most useful first.
    for (index, row) in ORDER.iter().enumerate().take(last).rev() {
        if !dropped.has(index) {
            continue;
        }
        let mut more = kept;
        (row.copy)(&mut more, notification);
        if push_octets(&more, out) <= budget_octets {
            kept = more;
            dropped = dropped.without(index);
        }
    }
    push_octets(&kept, out);
    dropped
}

/// The notification with none of its optional fields.
fn bare_of<'a>(notification: &NotificationInd<'a>) -> NotificationInd<'a> {
    NotificationInd::new(
        notification.transaction_id,
        notification.version,
        notification.message_class,
        notification.message_size_octets,
        notification.expiry,
        notification.content_location,
    )
}

fn all_of(notification: &NotificationInd<'_>) -> Dropped {
    let rows = ORDER.iter().enumerate();
    rows.filter(|(_, row)| (row.has)(notification))
        .fold(Dropped::default(), |dropped, (index, _)| dropped.with(index))
}

/// Writes it and says how long its push is.
fn push_octets(notification: &NotificationInd<'_>, out: &mut Vec<u8>) -> usize {
    out.clear();
    notification.write(out);
    out.len().saturating_add(PUSH_HEADER_OCTETS)
}

#[cfg(test)]
mod tests;
