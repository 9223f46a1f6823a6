//! libFuzzer on `entity::fuzz::words`: encoded words.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entity::fuzz::words(bytes));
