//! Who used how much processor time, from /proc.
//!
//! Beside the driver, read at the ends of a window. Invariant: nothing is counted twice. A kernel without
//! CONFIG_IRQ_TIME_ACCOUNTING charges an interrupt, and the softirq behind it, to the thread that it
//! interrupts, in nanoseconds (schedstat); so a server's time is that of its threads, which have the softirqs
//! that interrupted them or that their own sending ran, of ksoftirqd on its core, and of that core's kworkers,
//! which finish its durable writes (nothing else of weight uses them while a server runs alone). Adding the
//! softirq column of /proc/stat (in ticks) would count those again; it is printed beside, and so is the core's
//! busy time, which has everything.

use crate::BenchError;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// Nanoseconds of a tick of /proc/stat (USER_HZ is 100 on every Linux in use).
const TICK_NS: u64 = 10_000_000;

/// One reading.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Nanoseconds of all threads of the server.
    pub process_ns: u64,
    /// Nanoseconds of its shard's thread alone, or of its main thread where it has no such.
    pub shard_ns: u64,
    /// Nanoseconds by name of thread.
    pub threads: BTreeMap<String, u64>,
    /// Nanoseconds of ksoftirqd on the server's core.
    pub ksoftirqd_ns: u64,
    /// Nanoseconds of the kworkers bound to the server's core.
    pub kworkers_ns: u64,
    /// The server's core.
    pub server: Core,
    /// The driver's core.
    pub driver: Core,
}

/// What a core did, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Core {
    /// Nothing, or waiting for the disk.
    pub idle_ns: u64,
    /// Interrupts and softirqs, as ticks saw them.
    pub interrupts_ns: u64,
    /// Taken by the hypervisor.
    pub steal_ns: u64,
}

impl Usage {
    /// Reads for a server's process and the two cores.
    ///
    /// # Errors
    /// What the system answered.
    pub fn read(process: u32, server_core: usize, driver_core: usize) -> Result<Usage, BenchError> {
        let mut usage = Usage::default();
        for task in fs::read_dir(format!("/proc/{process}/task"))? {
            let path = task?.path();
            let ns = run_ns(&fs::read_to_string(path.join("schedstat"))?);
            usage.process_ns += ns;
            let name = fs::read_to_string(path.join("comm"))?.trim_end().to_owned();
            if name.starts_with("shard-") {
                usage.shard_ns += ns;
            }
            *usage.threads.entry(name).or_default() += ns;
        }
        let kernel = kernel_threads(server_core)?;
        usage.ksoftirqd_ns = kernel.ksoftirqd_ns;
        usage.kworkers_ns = kernel.kworkers_ns;
        let stat = fs::read_to_string("/proc/stat")?;
        usage.server = core(&stat, server_core);
        usage.driver = core(&stat, driver_core);
        Ok(usage)
    }

    /// What happened since an earlier reading.
    #[must_use]
    pub fn since(mut self, earlier: &Usage) -> Usage {
        for (name, ns) in &mut self.threads {
            *ns = ns.saturating_sub(earlier.threads.get(name).copied().unwrap_or_default());
        }
        Usage {
            process_ns: self.process_ns.saturating_sub(earlier.process_ns),
            shard_ns: self.shard_ns.saturating_sub(earlier.shard_ns),
            threads: self.threads,
            ksoftirqd_ns: self.ksoftirqd_ns.saturating_sub(earlier.ksoftirqd_ns),
            kworkers_ns: self.kworkers_ns.saturating_sub(earlier.kworkers_ns),
            server: self.server.since(earlier.server),
            driver: self.driver.since(earlier.driver),
        }
    }

    /// The server's time, softirq and the kernel's work for it included.
    #[must_use]
    pub fn server_ns(&self) -> u64 {
        self.process_ns + self.ksoftirqd_ns + self.kworkers_ns
    }

    /// Microseconds of the server for each of so many.
    #[must_use]
    pub fn server_us(&self, count: u64) -> f64 {
        us_each(self.server_ns(), count)
    }

    /// Microseconds of the server's core for each of so many, whoever used them.
    #[must_use]
    pub fn core_us(&self, elapsed: Duration, count: u64) -> f64 {
        let busy_ns = elapsed.as_nanos() as f64 - self.server.idle_ns as f64;
        busy_ns.max(0.0) / 1_000.0 / count.max(1) as f64
    }

    /// Share of a time that the server's core was idle.
    #[must_use]
    pub fn server_idle(&self, elapsed: Duration) -> f64 {
        share(self.server.idle_ns, elapsed)
    }

    /// Share of a time that the server's core was not.
    #[must_use]
    pub fn busy(&self, elapsed: Duration) -> f64 {
        1.0 - self.server_idle(elapsed)
    }

    /// Share of a time that the server's core was somebody else's.
    #[must_use]
    pub fn foreign(&self, elapsed: Duration) -> f64 {
        (self.busy(elapsed) - share(self.server_ns(), elapsed)).max(0.0)
    }

    /// Share of a time that the driver's core was idle.
    #[must_use]
    pub fn driver_idle(&self, elapsed: Duration) -> f64 {
        share(self.driver.idle_ns, elapsed)
    }
}

/// Microseconds of some nanoseconds for each of so many.
#[must_use]
pub fn us_each(ns: u64, count: u64) -> f64 {
    ns as f64 / 1_000.0 / count as f64
}

/// What some nanoseconds are of a time.
#[must_use]
pub fn share(ns: u64, elapsed: Duration) -> f64 {
    ns as f64 / elapsed.as_nanos() as f64
}

impl Core {
    fn since(self, earlier: Core) -> Core {
        Core {
            idle_ns: self.idle_ns.saturating_sub(earlier.idle_ns),
            interrupts_ns: self.interrupts_ns.saturating_sub(earlier.interrupts_ns),
            steal_ns: self.steal_ns.saturating_sub(earlier.steal_ns),
        }
    }
}

/// The first number of schedstat: nanoseconds on a core.
fn run_ns(schedstat: &str) -> u64 {
    schedstat
        .split_whitespace()
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

/// The kernel's own threads of a core.
#[derive(Default)]
struct KernelThreads {
    ksoftirqd_ns: u64,
    kworkers_ns: u64,
}

/// In a container the kernel's threads are not seen: then they are in the core's busy time only.
fn kernel_threads(core: usize) -> Result<KernelThreads, BenchError> {
    let (softirq, worker) = (format!("ksoftirqd/{core}"), format!("kworker/{core}:"));
    let mut found = KernelThreads::default();
    for process in fs::read_dir("/proc")? {
        let path = process?.path();
        // Threads come and go.
        let Ok(name) = fs::read_to_string(path.join("comm")) else {
            continue;
        };
        let share = match name.trim_end() {
            name if name == softirq => &mut found.ksoftirqd_ns,
            name if name.starts_with(&worker) => &mut found.kworkers_ns,
            _ => continue,
        };
        *share += run_ns(&fs::read_to_string(path.join("schedstat")).unwrap_or_default());
    }
    Ok(found)
}

/// A core's line: user nice system idle iowait irq softirq steal.
fn core(stat: &str, core: usize) -> Core {
    let name = format!("cpu{core} ");
    let line = stat.lines().find(|line| line.starts_with(&name));
    let ticks: Vec<u64> = line
        .into_iter()
        .flat_map(|line| line.split_whitespace().skip(1))
        .filter_map(|text| text.parse().ok())
        .collect();
    let ns = |column: usize| ticks.get(column).copied().unwrap_or_default() * TICK_NS;
    Core {
        idle_ns: ns(3) + ns(4),
        interrupts_ns: ns(5) + ns(6),
        steal_ns: ns(7),
    }
}
