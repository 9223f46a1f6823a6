//! libFuzzer on `radius::fuzz::datagram`: accounting datagrams.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| radius::fuzz::datagram(bytes));
