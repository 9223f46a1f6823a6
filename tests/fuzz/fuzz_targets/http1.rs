//! libFuzzer on `http1::fuzz::connection`: requests, whatever the cut of the reads.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| http1::fuzz::connection(bytes));
