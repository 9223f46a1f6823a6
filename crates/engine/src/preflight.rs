//! Whether this machine can run the server, asked before anything is opened.
//!
//! Stands before the flow: glommio aborts where io_uring is forbidden and fails late where memory may not be locked.
//! Invariants: a problem names what was found and how to mend it; nothing is changed but this process's own soft
//! limits, which are raised to their hard ones.

use std::fmt;
use std::io;

/// Octets of memory that glommio wants to be allowed to lock (its own check, version 0.9.0).
pub const MEMLOCK_OCTETS_MIN: u64 = 512 << 10;

/// Descriptors that the process needs besides its connections: rings, segments, listeners, control plane.
pub const FILES_RESERVED: u64 = 1_024;

/// What the server is going to ask of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// How many shards.
    pub shards: u16,
    /// Connections over all shards.
    pub connections_max: u64,
}

/// What was found, where nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The cores that this process may run on, by number.
    pub cores: Vec<usize>,
    /// Octets that may be locked; `u64::MAX` without a limit.
    pub memlock_octets: u64,
    /// Descriptors that may be open.
    pub files_max: u64,
}

impl Machine {
    /// Whether each of `shards` can have a core of its own.
    #[must_use]
    pub fn has_core_for_each(&self, shards: u16) -> bool {
        self.cores.len() >= usize::from(shards)
    }
}

/// Why the machine is not fit. The environment is at fault; the program ends with exit code 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// io_uring is switched off by the sysctl `kernel.io_uring_disabled`, whose value this is.
    UringDisabled(u32),
    /// io_uring is refused to this process: seccomp of a container, or a security module.
    UringForbidden,
    /// The kernel has no io_uring.
    UringMissing,
    /// io_uring can't be set up for another reason, by its errno.
    UringFailed(i32),
    /// Too little memory may be locked: found octets.
    MemlockTooLow(u64),
    /// Too few descriptors: found, and needed.
    FilesTooFew {
        /// What the hard limit allows.
        found: u64,
        /// What the settings need.
        needed: u64,
    },
}

impl Problem {
    /// What the operator is to do.
    #[must_use]
    pub fn mend(self) -> &'static str {
        match self {
            Problem::UringDisabled(_) => {
                "Run `sysctl kernel.io_uring_disabled=0`, or 1 and put this user into the group of \
                 `kernel.io_uring_group`."
            }
            Problem::UringForbidden => {
                "Allow io_uring_setup, io_uring_enter and io_uring_register in the container's seccomp profile \
                 (docker: `--security-opt seccomp=…`)."
            }
            Problem::UringMissing => "Use Linux 5.19 or later with CONFIG_IO_URING.",
            Problem::UringFailed(_) => "Look the errno up in io_uring_setup(2); ENOMEM means a memory limit.",
            Problem::MemlockTooLow(_) => {
                "Set LimitMEMLOCK=infinity in the systemd unit, `--ulimit memlock=-1` for docker, or memlock in \
                 /etc/security/limits.conf."
            }
            Problem::FilesTooFew { .. } => {
                "Set LimitNOFILE in the systemd unit or nofile in limits.conf, or lower http.connections_max."
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::UringDisabled(value) => {
                write!(f, "io_uring is disabled (kernel.io_uring_disabled={value})")
            }
            Problem::UringForbidden => f.write_str("io_uring is forbidden to this process"),
            Problem::UringMissing => f.write_str("the kernel has no io_uring"),
            Problem::UringFailed(errno) => write!(f, "io_uring can't be set up (errno {errno})"),
            Problem::MemlockTooLow(found) => {
                write!(
                    f,
                    "only {found} octets may be locked (RLIMIT_MEMLOCK), needed are {MEMLOCK_OCTETS_MIN}"
                )
            }
            Problem::FilesTooFew { found, needed } => {
                write!(
                    f,
                    "only {found} descriptors may be open (RLIMIT_NOFILE), needed are {needed}"
                )
            }
        }
    }
}

/// Raises this process's soft limits and asks everything.
///
/// # Errors
/// Every problem found, so that they can be mended in one go.
pub fn preflight(needs: Needs) -> Result<Machine, Vec<Problem>> {
    let memlock_octets = raise(libc::RLIMIT_MEMLOCK);
    let files_max = raise(libc::RLIMIT_NOFILE);
    let found = Found {
        uring: probe_uring().err(),
        uring_disabled: uring_disabled(),
        memlock_octets,
        files_max,
    };
    let problems = judge(needs, found);
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Machine {
        cores: cores(),
        memlock_octets,
        files_max,
    })
}

/// What was measured, apart from judging it.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// The errno of `io_uring_setup`, if it failed.
    uring: Option<i32>,
    uring_disabled: u32,
    memlock_octets: u64,
    files_max: u64,
}

fn judge(needs: Needs, found: Found) -> Vec<Problem> {
    let mut problems = Vec::new();
    match found.uring {
        None => {}
        Some(libc::EPERM) if found.uring_disabled > 0 => {
            problems.push(Problem::UringDisabled(found.uring_disabled));
        }
        Some(libc::EPERM | libc::EACCES) => problems.push(Problem::UringForbidden),
        Some(libc::ENOSYS) => problems.push(Problem::UringMissing),
        Some(errno) => problems.push(Problem::UringFailed(errno)),
    }
    if found.memlock_octets < MEMLOCK_OCTETS_MIN {
        problems.push(Problem::MemlockTooLow(found.memlock_octets));
    }
    let needed = needs.connections_max.saturating_add(FILES_RESERVED);
    if found.files_max < needed {
        let found = found.files_max;
        problems.push(Problem::FilesTooFew { found, needed });
    }
    problems
}

/// Raises a soft limit to its hard one and answers what holds then.
#[expect(unsafe_code, reason = "resource limits have no safe interface in std")]
fn raise(resource: libc::__rlimit_resource_t) -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a whole rlimit that outlives the call.
    if unsafe { libc::getrlimit(resource, &raw mut limit) } != 0 {
        return 0;
    }
    let raised = libc::rlimit {
        rlim_cur: limit.rlim_max,
        rlim_max: limit.rlim_max,
    };
    // SAFETY: `raised` is a whole rlimit that outlives the call.
    if unsafe { libc::setrlimit(resource, &raw const raised) } == 0 {
        limit.rlim_max
    } else {
        limit.rlim_cur
    }
}

/// Makes a ring of two entries and closes it.
#[expect(unsafe_code, reason = "io_uring_setup has no wrapper in libc")]
fn probe_uring() -> Result<(), i32> {
    use std::os::fd::{FromRawFd, OwnedFd};
    /// Octets of `struct io_uring_params` in `linux/io_uring.h`.
    const PARAMS_OCTETS: usize = 120;
    let mut params = [0_u64; PARAMS_OCTETS / 8];
    // SAFETY: the kernel reads and writes one io_uring_params, which `params` has the size and alignment of.
    let descriptor = unsafe { libc::syscall(libc::SYS_io_uring_setup, 2_u32, params.as_mut_ptr()) };
    match i32::try_from(descriptor) {
        Ok(descriptor) if descriptor >= 0 => {
            // SAFETY: the kernel has just made this descriptor and nobody else knows it.
            drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
            Ok(())
        }
        _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)),
    }
}

fn uring_disabled() -> u32 {
    let value = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    value.trim().parse().unwrap_or(0)
}

/// The cores that this process may run on.
#[expect(unsafe_code, reason = "the affinity mask has no safe interface in std")]
pub(crate) fn cores() -> Vec<usize> {
    // SAFETY: a cpu_set_t of zeros is an empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the size is that of the set, which outlives the call; 0 is this thread.
    if unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) } != 0 {
        return Vec::new();
    }
    let bits = usize::try_from(libc::CPU_SETSIZE).unwrap_or(0);
    // SAFETY: every index is below CPU_SETSIZE.
    (0..bits)
        .filter(|&core| unsafe { libc::CPU_ISSET(core, &set) })
        .collect()
}

#[cfg(test)]
mod tests;
