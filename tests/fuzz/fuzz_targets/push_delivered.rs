//! libFuzzer on `push::fuzz::delivered`: bodies of what an SMSC delivers.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| push::fuzz::delivered(bytes));
