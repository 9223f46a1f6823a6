//! Why a test could not be carried out, as opposed to what it found.
//!
//! Given back by everything in here. Invariant: a sentence that says what was tried.

use ringpost::phone::PhoneError;

/// A sentence for who reads the test's output.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl Failure {
    /// What was tried, and what came of it.
    pub fn of(tried: &str, error: impl std::fmt::Display) -> Failure {
        Failure(format!("{tried}: {error}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(error.to_string())
    }
}

impl From<PhoneError> for Failure {
    fn from(error: PhoneError) -> Failure {
        Failure(error.to_string())
    }
}
