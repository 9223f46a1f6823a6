//! The program under test: where it lies, and that it is built.
//!
//! Before any child is started. The release profile is what ships; `tests/run` has built it by then, so that asking for
//! it costs nothing. `RINGPOST_PROGRAM` and `RINGPOST_FAULT_PROGRAM` name programs to be tested instead.
//! Invariant: built once a process, with the features that the whole workspace has.

use super::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The one that ships.
    Shipped,
    /// The same with `serve --fault PLAN`.
    WithFaults,
}

static SHIPPED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
static WITH_FAULTS: OnceLock<Result<PathBuf, String>> = OnceLock::new();

impl Program {
    /// Where it lies; builds it where that has not been done.
    ///
    /// # Errors
    /// What cargo says.
    pub fn path(self) -> Result<PathBuf, Failure> {
        let (once, name, other) = match self {
            Program::Shipped => (&SHIPPED, "ringpost", "RINGPOST_PROGRAM"),
            Program::WithFaults => (&WITH_FAULTS, "ringpost-fault", "RINGPOST_FAULT_PROGRAM"),
        };
        if let Some(other) = std::env::var_os(other) {
            return Ok(other.into());
        }
        once.get_or_init(|| self.build(name).map_err(|failure| failure.0))
            .clone()
            .map_err(Failure)
    }

    fn build(self, name: &str) -> Result<PathBuf, Failure> {
        let workspace = workspace();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&workspace);
        command.args(["build", "--quiet", "--release", "--workspace", "--bin", name]);
        if self == Program::WithFaults {
            command.args(["--features", "ringpost/fault"]);
        }
        let output = command.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failure::of("building the program", said));
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        Ok(workspace.join(target).join("release").join(name))
    }
}

/// The workspace's folder.
#[must_use]
pub fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
