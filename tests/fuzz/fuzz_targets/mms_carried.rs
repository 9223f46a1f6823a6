//! libFuzzer on `fuzz::subject::mms::carried`: what a submission becomes.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ringpost_fuzz::fuzz::subject::mms::carried(bytes));
