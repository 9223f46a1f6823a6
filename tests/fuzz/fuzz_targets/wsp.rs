//! libFuzzer on `wsp::fuzz::multipart`: multiparts and their headers.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wsp::fuzz::multipart(bytes));
