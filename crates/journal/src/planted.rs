//! Planted bugs: the canaries of the simulation, behind a switch that only its builds have.
//!
//! Stands beside the flow. Each place in `journal`, `store` and `shard` where a known mistake could be made asks
//! [`is_planted`] whether to make it. Invariants: without the cargo feature `planted` the answer is a constant `false`,
//! so that a place costs nothing and no program of ours can be made to err; with it, the switch belongs to the thread
//! that throws it, so that runs beside one another do not disturb each other.

/// A mistake that was made somewhere once, or nearly, and that the simulation must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// An answer leaves when its record is appended, not when it is on disk.
    EarlyAcknowledgement,
    /// A subscriber's freed place is given to nobody.
    LostWakeUp,
    /// A timer that was set for something earlier is believed.
    StaleTimer,
    /// A repeated answer of a phone writes the delivery report once more.
    DoubleReport,
    /// A segment is used again although a reader holds a lease on it.
    RecyclingUnderLease,
    /// An end is forgotten while its accept record is still on the disk, so that recovery begins anew.
    Resurrection,
    /// A change of the shard count leaves the ends behind.
    ChangedShardCount,
    /// Recovery overlooks the last record of a group.
    OffByOneInRecovery,
    /// A delivery that finds no place in the mesh is dropped instead of kept.
    DroppedDeliver,
    /// A repeated send is told by its Date, too, which phones rewrite.
    RepeatsByDate,
    /// What an operator did to a peer is told to that peer's home alone, and answered.
    UntoldAction,
    /// A segment with a record that can't be read is chosen to be emptied again and again, and so no other is.
    DamagedAgain,
    /// A record that could not be read once for the response to another operator is not read again.
    SilencedOrigin,
}

impl Bug {
    /// All of them.
    pub const ALL: [Bug; 13] = [
        Bug::EarlyAcknowledgement,
        Bug::LostWakeUp,
        Bug::StaleTimer,
        Bug::DoubleReport,
        Bug::RecyclingUnderLease,
        Bug::Resurrection,
        Bug::ChangedShardCount,
        Bug::OffByOneInRecovery,
        Bug::DroppedDeliver,
        Bug::RepeatsByDate,
        Bug::UntoldAction,
        Bug::DamagedAgain,
        Bug::SilencedOrigin,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug in this thread, or takes it out again.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this mistake is to be made.
#[cfg(feature = "planted")]
#[must_use]
pub fn is_planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this mistake is to be made: never.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn is_planted(_bug: Bug) -> bool {
    false
}
