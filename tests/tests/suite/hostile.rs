//! Hostile peers against the program that ships, and hostile subscribers against its brain.
//!
//! Part of the suite. Nothing here is timed: what is counted is that nothing came of the attack and that each
//! transaction of a well-behaved phone meanwhile succeeded within the protocol's own deadlines. Topics: [`framing`]
//! (requests within requests), [`identity`] (whose number it is), [`guessing`] (retrieval URLs), [`floods`] (slow and
//! many), [`strangers`] (PDUs of others, sent again), [`injection`] (octets that would be something else elsewhere).

mod floods;
mod framing;
mod guessing;
mod identity;
mod injection;
mod strangers;
