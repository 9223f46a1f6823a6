//! The kernel's entropy, read once at a start for each shard.
//!
//! Before the flow: a brain's generator of tokens is seeded with it, so that drawing one takes no system call and no
//! lock. Invariant: two seeds are never the same but by a chance of 2⁻²⁵⁶.

/// The kernel gave no seed. The environment is at fault; the server must not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kernel's random number generator gave no seed: {0}")]
pub struct NoSeed(pub getrandom::Error);

/// 256 bits that nobody outside can foresee, for `shard::Options::seed`.
///
/// # Errors
/// Where `getrandom(2)` fails.
pub fn seed() -> Result<[u8; 32], NoSeed> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(NoSeed)?;
    Ok(seed)
}
