//! The machine made fit for a measurement, and put back as it was.
//!
//! Before and after a run. Invariant: what was changed is restored when the guard is dropped; what could not be changed
//! is told, since it weakens what is measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Settings of the kernel that hold during a run.
#[derive(Debug, Default)]
pub struct Host {
    restore: Vec<(PathBuf, String)>,
    /// What could not be done, in sentences.
    pub weaknesses: Vec<String>,
}

impl Host {
    /// Sends the loopback's receive softirq and the disk's completions to the server's core, so that it pays for all
    /// that it causes, as it would with a real network card.
    #[must_use]
    pub fn prepare(server_core: usize) -> Host {
        let mut host = Host::default();
        let mask = format!("{:x}", 1_u64 << server_core);
        host.set("/sys/class/net/lo/queues/rx-0/rps_cpus".into(), &mask);
        for entry in fs::read_dir("/sys/block").into_iter().flatten().flatten() {
            let name = entry.file_name();
            // Virtual and unused devices are left alone.
            let is_disk = ["vd", "sd", "nvme"]
                .iter()
                .any(|kind| name.to_string_lossy().starts_with(kind));
            if is_disk {
                host.set(entry.path().join("queue/rq_affinity"), "2");
            }
        }
        host
    }

    fn set(&mut self, path: PathBuf, value: &str) {
        let before = fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
        match fs::write(&path, value) {
            Ok(()) => self.restore.push((path, before)),
            Err(error) => self.weaknesses.push(format!("{}: {error}", path.display())),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for (path, before) in &self.restore {
            if let Err(error) = fs::write(path, before) {
                eprintln!("{} could not be put back to {before}: {error}", path.display());
            }
        }
    }
}

/// Where a process runs, and before whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Its core.
    pub core: usize,
    /// Before everything else (SCHED_RR), for machines that others use too. It starves the kernel's own workers, which
    /// finish durable writes, so latencies become multiples of the scheduler's tick: a last resort.
    pub is_realtime: bool,
}

impl Seat {
    /// A core, as any other process has it.
    #[must_use]
    pub fn on(core: usize) -> Seat {
        Seat {
            core,
            is_realtime: false,
        }
    }

    /// Binds this process to its seat. Told on standard error where it can't be had.
    pub fn take(self) {
        let own = std::process::id().to_string();
        let core = self.core.to_string();
        tell_failure(Command::new("taskset").args(["-a", "-c", "-p", &core, &own]));
        if self.is_realtime {
            tell_failure(Command::new("chrt").args(["-r", "-a", "-p", "1", &own]));
        }
    }

    /// A command that runs there. Its allocator keeps what was touched, as the full server's does by itself.
    #[must_use]
    pub fn command(self, program: &Path) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", &self.core.to_string()]);
        if self.is_realtime {
            command.args(["chrt", "-r", "1"]);
        }
        command.arg(program).env("MIMALLOC_PURGE_DELAY", "-1");
        command
    }
}

fn tell_failure(command: &mut Command) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => eprintln!("weak: {}", String::from_utf8_lossy(&output.stderr).trim()),
        Err(error) => eprintln!("weak: {error}"),
    }
}

/// What the machine is, for the record: processor, cores, memory, kernel.
#[must_use]
pub fn describe() -> String {
    let find = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(':'))
            .map_or(String::new(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{}, {cores} cores, {}, Linux {}",
        find("/proc/cpuinfo", "model name"),
        find("/proc/meminfo", "MemTotal"),
        kernel.trim()
    )
}
