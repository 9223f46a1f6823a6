//! libFuzzer on `push::fuzz::segments`: user data headers and segments.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| push::fuzz::segments(bytes));
