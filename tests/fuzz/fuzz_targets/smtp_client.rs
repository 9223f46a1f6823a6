//! libFuzzer on `smtp::fuzz::client`: a client before a peer that says anything.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| smtp::fuzz::client(bytes));
