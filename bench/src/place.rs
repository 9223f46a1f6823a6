//! Where a run takes place: both cores, the programs, the disk, and the folder that what came of it is kept in.
//!
//! The first and the last step of a bench that drives servers of its own: [`Place::take`] before anything is measured,
//! [`Place::leave`] when it is over. Invariants: a reading of who used how much is of the two cores that server and
//! driver were put on; the data folder is gone behind a run that came to its end, and stays, to be looked at, behind
//! one that broke off.

use crate::BenchError;
use crate::cpu::Usage;
use crate::host::{Host, Seat};
use crate::prepare;
use crate::report::Kept;
use crate::server::Programs;
use std::path::PathBuf;

/// See the module's comment. A bench whose servers or driver are others says so in these options' help.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The server's core; best the one that the disk's interrupts come to.
    #[arg(long, default_value_t = 1)]
    pub server_core: usize,
    /// The driver's core.
    #[arg(long, default_value_t = 0)]
    pub driver_core: usize,
    /// Folder for the logs, on the disk in question; what is in it is deleted.
    #[arg(long)]
    pub data: PathBuf,
    /// The full server's program, if it is not beside this one.
    #[arg(long)]
    pub ringpost: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    pub keep: Option<PathBuf>,
}

impl Place {
    /// Makes the machine fit, puts this process on the driver's core and makes the data folder. The machine is put back
    /// when the [`Host`] is dropped.
    ///
    /// # Errors
    /// Where a program is missing, or what the system answered.
    pub fn take(&self) -> Result<(Programs, Host), BenchError> {
        self.take_as(Seat::on(self.driver_core))
    }

    /// As [`take`](Self::take), with the driver on a seat of the bench's choice.
    ///
    /// # Errors
    /// As of [`take`](Self::take).
    pub fn take_as(&self, driver: Seat) -> Result<(Programs, Host), BenchError> {
        let programs = Programs::find(self.ringpost.clone())?;
        let host = Host::prepare(self.server_core);
        driver.take();
        std::fs::create_dir_all(&self.data)?;
        Ok((programs, host))
    }

    /// The server's.
    #[must_use]
    pub fn seat(&self) -> Seat {
        Seat::on(self.server_core)
    }

    /// The folder of a repetition's log, with so many filled, empty segments and nothing else.
    ///
    /// # Errors
    /// What the system answered.
    pub fn log(&self, segments: u16) -> Result<PathBuf, BenchError> {
        let log = self.data.join("log");
        prepare::fill(&log, segments)?;
        Ok(log)
    }

    /// Reads who used how much, for a server's process.
    ///
    /// # Errors
    /// What the system answered.
    pub fn usage(&self, process: u32) -> Result<Usage, BenchError> {
        Usage::read(process, self.server_core, self.driver_core)
    }

    /// Prints what came of the run, keeps it where it is to be kept, and removes the data folder.
    ///
    /// # Errors
    /// What the system answered.
    pub fn leave(&self, run: &Kept<'_>) -> Result<(), BenchError> {
        run.tell(self.keep.as_deref())?;
        Ok(std::fs::remove_dir_all(&self.data)?)
    }
}
