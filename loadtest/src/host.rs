//! The machine: pinning, who used how much processor time, and what it is, for the record.
//!
//! Beside the flow. Invariants: reading never disturbs what is measured (some small files of /proc a second); a
//! core's busy time is the kernel's own, interrupts in it.

use rustix::thread::{CpuSet, Pid, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::num::NonZeroU64;
use std::process::Command;

/// Nanoseconds of a tick of /proc/stat (USER_HZ is 100 on every Linux in use).
const TICK_NS: u64 = 10_000_000;

/// How much a thread yields that can wait (setpriority(2): 0 is the usual, 19 the most).
const NICE: i32 = 10;

/// Binds this thread to a core, and lets its timers be exact.
///
/// # Errors
/// Where there is no such core.
pub fn pin(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set)?;
    exact_timers();
    Ok(())
}

/// Does something while this thread may run on these cores only, so that a child that it starts inherits them.
///
/// # Errors
/// Where there is no such core; what is done says.
pub fn on_cores<T>(cores: &[usize], act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if cores.is_empty() {
        return act();
    }
    let before = rustix::thread::sched_getaffinity(None)?;
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    sched_setaffinity(None, &set)?;
    let done = act();
    sched_setaffinity(None, &before)?;
    done
}

/// Lets this thread's timers be exact: the kernel's default slack of 50 µs would be lag.
pub fn exact_timers() {
    // Refused nowhere that is known; then lag shows it.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
}

/// Has this thread run before everything else on its core (SCHED_RR), and says whether it does: it takes root or
/// CAP_SYS_NICE. Others on the core are no part of what is measured, and one that has just begun may keep a thread that
/// wakes from its schedule for a slice of 3 ms (measured: an agent that runs 10 ms a second made p99 of lag a
/// millisecond).
#[must_use]
pub fn run_first() -> bool {
    let own = rustix::thread::gettid().as_raw_nonzero().to_string();
    let mut command = Command::new("chrt");
    command.args(["--rr", "--pid", "1", &own]);
    command.output().is_ok_and(|output| output.status.success())
}

/// Whether a thread of this process [may](run_first). Tried on one that ends at once.
#[must_use]
pub fn may_run_first() -> bool {
    std::thread::spawn(run_first).join().unwrap_or_default()
}

/// Binds the threads of a process whose names begin so to other cores; says how many there were.
///
/// # Errors
/// Where there is no such core, or it is not allowed.
pub fn move_threads(process: u32, names: &[&str], cores: &[usize]) -> io::Result<usize> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    let mut moved = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
        // Threads come and go.
        let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let thread = task.file_name().to_str().and_then(|text| text.parse().ok());
        if let Some(thread) = thread.and_then(Pid::from_raw)
            && names.iter().any(|start| name.starts_with(start))
        {
            sched_setaffinity(Some(thread), &set)?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// Gives this process no more huge pages. A child that is started later inherits it.
pub fn small_pages() {
    // Refused nowhere that is known; then lag shows it.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Lets this thread wait for others on its core.
pub fn yield_to_others() {
    // To ask for less is allowed to everybody.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Nanoseconds of processor time of this thread.
#[must_use]
pub fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Nanoseconds of processor time of all threads of a process; nothing when it is gone.
#[must_use]
pub fn process_cpu_ns(process: u32) -> Option<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten() {
        let schedstat = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        sum += schedstat
            .split_whitespace()
            .next()
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or_default();
    }
    Some(sum)
}

/// What a core did since the machine started, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Core {
    /// Anything.
    pub busy_ns: u64,
    /// Interrupts and softirqs among it.
    pub interrupts_ns: u64,
    /// Taken by the hypervisor, not busy.
    pub steal_ns: u64,
}

impl Core {
    /// What it did since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Core) -> Core {
        Core {
            busy_ns: self.busy_ns.saturating_sub(earlier.busy_ns),
            interrupts_ns: self.interrupts_ns.saturating_sub(earlier.interrupts_ns),
            steal_ns: self.steal_ns.saturating_sub(earlier.steal_ns),
        }
    }
}

/// All cores now.
#[must_use]
pub fn cores() -> Vec<Core> {
    cores_of(&fs::read_to_string("/proc/stat").unwrap_or_default())
}

/// Lines of /proc/stat: user nice system idle iowait irq softirq steal, in ticks.
fn cores_of(stat: &str) -> Vec<Core> {
    let of_line = |line: &str| {
        let ticks: Vec<u64> = line
            .split_whitespace()
            .skip(1)
            .filter_map(|text| text.parse().ok())
            .collect();
        let ns = |column: usize| ticks.get(column).copied().unwrap_or_default() * TICK_NS;
        Core {
            busy_ns: ns(0) + ns(1) + ns(2) + ns(5) + ns(6),
            interrupts_ns: ns(5) + ns(6),
            steal_ns: ns(7),
        }
    };
    let is_core = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
    stat.lines().filter(is_core).map(of_line).collect()
}

/// What the machine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Its cores.
    pub cores: usize,
    /// Memory, as /proc/meminfo says.
    pub memory: String,
    /// The kernel's release.
    pub kernel: String,
    /// Where time comes from.
    pub clocksource: String,
    /// Whether another machine lies beneath.
    pub hypervisor: bool,
    /// CPU frequency governor of the first core, empty where there is none.
    pub governor: String,
    /// Transparent huge pages.
    pub huge_pages: String,
    /// Receive packet steering of the loopback: a mask of cores.
    pub loopback_rps: String,
    /// Interrupts of disks and network cards: name and core where most of them went.
    pub interrupts: Vec<String>,
}

/// Reads what the machine is.
#[must_use]
pub fn machine() -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let find = |file: &str, key: &str| {
        let text = read(file);
        let line = text
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap_or_default();
        line.split_once(':')
            .map_or(String::new(), |(_, value)| value.trim().to_owned())
    };
    Machine {
        processor: find("/proc/cpuinfo", "model name"),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        memory: find("/proc/meminfo", "MemTotal"),
        kernel: read("/proc/sys/kernel/osrelease"),
        clocksource: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        hypervisor: read("/proc/cpuinfo").contains(" hypervisor"),
        governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        huge_pages: read("/sys/kernel/mm/transparent_hugepage/enabled"),
        loopback_rps: read("/sys/class/net/lo/queues/rx-0/rps_cpus"),
        interrupts: interrupts(&read("/proc/interrupts")),
    }
}

/// Lines that have counted anything and are devices': number, counts by core, names.
fn interrupts(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let cores = text.lines().next().unwrap_or_default().split_whitespace().count();
    for line in text.lines().skip(1) {
        let Some((number, rest)) = line.split_once(':') else {
            continue;
        };
        if number.trim().parse::<u32>().is_err() {
            continue;
        }
        let words: Vec<&str> = rest.split_whitespace().collect();
        let counts: Vec<u64> = words
            .iter()
            .take(cores)
            .filter_map(|word| word.parse().ok())
            .collect();
        let name = words.last().copied().unwrap_or_default();
        let most = counts.iter().enumerate().max_by_key(|(_, count)| **count);
        if let Some((core, count)) = most.filter(|(_, count)| **count > 100) {
            found.push(format!("{name}: core {core} ({count})"));
        }
    }
    found
}

#[cfg(test)]
mod tests;
