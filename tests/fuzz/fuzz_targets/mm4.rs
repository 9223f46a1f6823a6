//! libFuzzer on `mm4::fuzz::mail`: MM4 mails, written again in several dialects.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mm4::fuzz::mail(bytes));
