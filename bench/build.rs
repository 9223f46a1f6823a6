//! Passes the linker the argument that puts the engine's flag shim in front of liburing's set-up call.
//!
//! Stands before the flow: the bare server's rings are made as the full one's are, or the comparison is none. Cargo
//! does not hand a library's link arguments on, so each program that links `engine` has this line; without it the
//! program does not link at all. See `engine/build.rs`.

fn main() {
    println!("cargo::rustc-link-arg=-Wl,--wrap=__sys_io_uring_setup");
    println!("cargo::rerun-if-changed=build.rs");
}
