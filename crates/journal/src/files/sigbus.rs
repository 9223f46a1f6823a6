//! What happens when a mapped segment cannot be read: the process says which, and stops.
//!
//! The kernel reports a read error under a map, or a file cut short, as SIGBUS. No view can go on then; the handler
//! writes the journal and segment to standard error and exits with code 1, so that the supervisor starts anew and
//! recovery reports the damage. Invariants: the handler allocates nothing, locks nothing and calls only what a signal
//! handler may; a SIGBUS outside every map gets the default action.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::position::{JournalId, SegmentSequence};

/// Maps that can be named at once; more are mapped all the same, but not named. Readers are few: cursors and tools.
const REGIONS_MAX: usize = 1024;

struct Region {
    /// 0: not taken. Written last when taken, first when given back.
    start: AtomicUsize,
    octets: AtomicUsize,
    journal: AtomicU32,
    segment: AtomicU64,
}

static REGIONS: [Region; REGIONS_MAX] = [const {
    Region {
        start: AtomicUsize::new(0),
        octets: AtomicUsize::new(0),
        journal: AtomicU32::new(0),
        segment: AtomicU64::new(0),
    }
}; REGIONS_MAX];

/// While it lives the handler can name a map.
#[derive(Debug)]
pub(crate) struct Registration(usize);

impl Registration {
    pub(crate) fn of(map: &[u8], journal: JournalId, segment: SegmentSequence) -> Option<Self> {
        /// Taken, but not yet readable for the handler: no map lies in the last octet of the address space.
        const TAKEN: usize = usize::MAX;
        let take = |region: &Region| {
            region
                .start
                .compare_exchange(0, TAKEN, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        };
        let at = REGIONS.iter().position(take)?;
        let region = REGIONS.get(at)?;
        region.octets.store(map.len(), Ordering::Relaxed);
        region.journal.store(journal.0, Ordering::Relaxed);
        region.segment.store(segment.0, Ordering::Relaxed);
        region.start.store(map.as_ptr().addr(), Ordering::Release);
        Some(Self(at))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(region) = REGIONS.get(self.0) {
            region.start.store(0, Ordering::Release);
        }
    }
}

/// The journal and segment whose map holds an address.
fn region_of(address: usize) -> Option<(u32, u64)> {
    REGIONS.iter().find_map(|region| {
        let start = region.start.load(Ordering::Acquire);
        let within = start != 0 && address.checked_sub(start)? < region.octets.load(Ordering::Relaxed);
        within.then(|| {
            (
                region.journal.load(Ordering::Relaxed),
                region.segment.load(Ordering::Relaxed),
            )
        })
    })
}

/// A line of text made without allocating.
struct Line {
    bytes: [u8; 160],
    octets: usize,
}

impl Line {
    fn text(&mut self, text: &[u8]) {
        for &octet in text {
            if let Some(place) = self.bytes.get_mut(self.octets) {
                *place = octet;
                self.octets += 1;
            }
        }
    }

    fn number(&mut self, number: u64) {
        let mut digits = [0u8; 20];
        let mut rest = number;
        let mut first = digits.len();
        for place in digits.iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
            first -= 1;
            if rest == 0 {
                break;
            }
        }
        self.text(digits.get(first..).unwrap_or_default());
    }
}

#[expect(unsafe_code, reason = "signal handlers exist only in C's terms")]
extern "C" fn on_sigbus(signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo to a handler installed with SA_SIGINFO.
    let address = unsafe { (*info).si_addr() }.addr();
    let Some((journal, segment)) = region_of(address) else {
        // SAFETY: both calls may be made in a handler; the signal comes again at once, with its default action.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        return;
    };
    let mut line = Line {
        bytes: [0; 160],
        octets: 0,
    };
    line.text(b"fatal: journal ");
    line.number(u64::from(journal));
    line.text(b" segment ");
    line.number(segment);
    line.text(
        b" cannot be read (SIGBUS: the disk failed or the file was cut short); run `ringpost log verify`\n",
    );
    // SAFETY: write and _exit may be called in a handler; the bytes are on this stack.
    unsafe {
        libc::write(libc::STDERR_FILENO, line.bytes.as_ptr().cast(), line.octets);
        libc::_exit(1);
    }
}

/// Installs the handler for the whole process; once, at start, before anything is mapped.
///
/// # Errors
/// What the system answered.
#[expect(unsafe_code, reason = "signal handlers exist only in C's terms")]
pub fn install_sigbus_handler() -> std::io::Result<()> {
    // SAFETY: all zeros is a valid sigaction; the handler has the signature that SA_SIGINFO asks for.
    let answer = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_sigbus as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut())
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}
