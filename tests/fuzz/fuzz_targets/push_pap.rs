//! libFuzzer on `push::fuzz::pap`: documents of a push gateway.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| push::fuzz::pap(bytes));
