//! libFuzzer on `fuzz::subject::journal::records`: the records that a scan gives out.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ringpost_fuzz::fuzz::subject::journal::records(bytes));
