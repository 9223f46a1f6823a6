//! What a server holds: memory of the server's process, and of the kernel for connections.
//!
//! Asked at the end of a window. Invariant: figures are the kernel's own; the second one is the whole machine's,
//! both ends of each connection, since everything here is on one machine.

use crate::BenchError;

/// Octets that a process has in memory, its maps of files included.
///
/// # Errors
/// What the system answered, or where it does not say.
pub fn resident(process: u32) -> Result<u64, BenchError> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let kilobytes = kilobytes.ok_or_else(|| BenchError::broken("no VmRSS of the server"))?;
    Ok(kilobytes * 1_024)
}

/// Octets of all TCP buffers.
///
/// # Errors
/// As above.
pub fn in_kernel() -> Result<u64, BenchError> {
    let sockets = std::fs::read_to_string("/proc/net/sockstat")?;
    let line = sockets.lines().find_map(|line| line.strip_prefix("TCP:"));
    let pages = line.and_then(|line| line.split_once(" mem ")?.1.trim().parse::<u64>().ok());
    let pages = pages.ok_or_else(|| BenchError::broken("no memory of TCP in /proc/net/sockstat"))?;
    Ok(pages * rustix::param::page_size() as u64)
}
