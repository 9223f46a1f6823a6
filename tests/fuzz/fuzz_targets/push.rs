//! libFuzzer on `push::fuzz::push`: pushes as a phone reads them.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| push::fuzz::push(bytes));
