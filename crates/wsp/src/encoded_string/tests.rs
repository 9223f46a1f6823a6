//! Tests of `encoded_string`.
