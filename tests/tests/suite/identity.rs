//! Who is asking: sessions of the packet core, gateways' headers, access points and hosts, against the running server.
//!
//! A phone has an address of its own (loopback has millions), says nothing about itself, and is known by what
//! accounting says of its address. What a request was taken for is read from the notification to its recipient.

mod feeds;
mod leaving;
mod modes;
mod race;
mod restarts;
mod world;
