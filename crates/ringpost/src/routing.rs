//! The files that settings name: peers, each in a file of its own, and ported numbers.
//!
//! Between the settings and `route`, off the shards: at start, at a reload, and for the commands that look things up.
//! Invariants: what is wrong in any file refuses the whole, and is told with that file and line; a file is read in
//! pieces, so that ten million lines take no more memory than their table.

use profile::{Fault, Peers, Profile, Settings, parse_entry};
use route::{Loader, Ported, Routes};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// Octets of a piece of a file.
const PIECE_OCTETS: usize = 1 << 20;

/// Adds the peers that stand in files of their own to those of the settings, and asks again what must hold between all.
///
/// # Errors
/// Every fault of every file; the settings are as they were then, but for peers that were added.
pub fn add_peers(settings: &mut Settings) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    for file in settings.routing.peer_files.clone() {
        let told = |fault: Fault| Fault {
            line: None,
            text: format!("{file}: {fault}"),
        };
        match std::fs::read_to_string(&file) {
            Err(error) => faults.push(told(unreadable(&error))),
            Ok(text) => match parse_entry(&text) {
                Ok(peer) => settings.peers.push(peer),
                Err(found) => faults.extend(found.into_iter().map(told)),
            },
        }
    }
    if faults.is_empty() {
        let broken = profile::relation::broken(settings);
        faults.extend(broken.into_iter().map(|text| Fault { line: None, text }));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Reads the files of ported numbers.
///
/// # Errors
/// The first faults, or a file that can't be read.
pub fn ported(settings: &Settings, peers: &Peers) -> Result<Ported, Vec<Fault>> {
    let mut loader = Loader::new(peers, settings.routing.ported_rows_max);
    let mut piece = vec![0; PIECE_OCTETS];
    for name in &settings.routing.ported_files {
        loader.begin(name);
        let told = |error: std::io::Error| {
            let fault = unreadable(&error);
            vec![Fault {
                line: None,
                text: format!("{name}: {fault}"),
            }]
        };
        let mut file = File::open(name).map_err(told)?;
        loop {
            match file.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => loader.feed(piece.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(told(error)),
            }
        }
    }
    loader.finish().map_err(|faults| {
        let faults = faults.into_iter();
        faults
            .map(|fault| Fault {
                line: None,
                text: fault.to_string(),
            })
            .collect()
    })
}

/// Reads what the settings name and compiles the routes for a profile made of them.
///
/// # Errors
/// As [`ported`].
pub fn routes(settings: &Settings, profile: &Profile, version: u64) -> Result<Routes, Vec<Fault>> {
    let ported = ported(settings, &profile.peers)?;
    Routes::compile(profile, Arc::new(ported), version).map_err(|gone| {
        vec![Fault {
            line: None,
            text: gone.to_string(),
        }]
    })
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault {
        line: None,
        text: format!("can't be read: {error}"),
    }
}
