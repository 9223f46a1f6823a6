//! The engine's tests over real sockets, in one program: serving, limits, the mesh, start and end, a foreign client.
//!
//! Outside the engine. Invariants: loopback and port 0 only; every wait has a deadline; nothing sleeps.

#[cfg(test)]
mod disk;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod late;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod mesh;
#[cfg(test)]
mod overload;
#[cfg(test)]
mod pulse;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod stuck;
#[cfg(test)]
mod timing;
