//! libFuzzer on `fuzz::subject::http1::answers`: answers, whatever the cut of the reads.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ringpost_fuzz::fuzz::subject::http1::answers(bytes));
