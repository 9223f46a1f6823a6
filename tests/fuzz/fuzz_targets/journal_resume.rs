//! libFuzzer on `fuzz::subject::journal::resume`: a start on a damaged log.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ringpost_fuzz::fuzz::subject::journal::resume(bytes));
