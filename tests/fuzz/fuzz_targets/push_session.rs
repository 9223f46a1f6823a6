//! libFuzzer on `push::fuzz::session`: an SMPP session before an SMSC that says anything.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| push::fuzz::session(bytes));
