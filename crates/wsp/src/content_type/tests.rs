//! Tests of `content_type`.
