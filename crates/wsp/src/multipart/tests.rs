//! Tests of `multipart`.
