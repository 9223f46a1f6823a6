//! libFuzzer on `smtp::fuzz::round_trip`: messages from a client to a server.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| smtp::fuzz::round_trip(bytes));
