//! libFuzzer on `smtp::fuzz::connection`: dialogues with a server, whatever the cut of the reads.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| smtp::fuzz::connection(bytes));
