//! Postfix beside the server: Debian's, with a configuration and a queue of its own, on the server's core.
//!
//! What it is asked for is the least that it can do and still answer for a mail: smtpd takes it, cleanup writes and
//! fsyncs its queue file, 250; it is then held, so that nobody delivers it, or relayed to one address,
//! with its own choice of when to keep connections. No look-ups, no filters, no chroot.
//! Invariant: it ends with the value that stands for it, and its queue goes with its folder.

use crate::BenchError;
use crate::host::Seat;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "/usr/sbin/postfix";

/// What becomes of what it has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It stays.
    Held,
    /// It goes to this address.
    Relayed(SocketAddr),
}

/// See the module's comment.
#[derive(Debug)]
pub struct Postfix {
    config: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Postfix {
    /// Whether there is one that this program may run.
    #[must_use]
    pub fn is_there() -> bool {
        Path::new(PROGRAM).exists()
    }

    /// Starts it with its queue under `folder`, which is emptied.
    ///
    /// # Errors
    /// What the system or Postfix said.
    pub fn start(folder: &Path, seat: Seat, connections: usize, then: Then) -> Result<Postfix, BenchError> {
        let folder = folder.join("postfix");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let [config, queue, data] = ["config", "queue", "data"].map(|name| folder.join(name));
        for folder in [&config, &queue, &data] {
            std::fs::create_dir_all(folder)?;
        }
        told(Command::new("chown").arg("postfix").arg(&data))?;
        // Free at this moment; Postfix can't be told to choose.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        std::fs::write(config.join("main.cf"), main_cf(&folder, connections, then))?;
        std::fs::write(config.join("master.cf"), master_cf(address.port()))?;
        let postfix = Postfix { config, address };
        let mut command = seat.command(Path::new(PROGRAM));
        told(command.arg("-c").arg(&postfix.config).arg("start"))?;
        Ok(postfix)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let mut command = Command::new(PROGRAM);
        if let Err(error) = told(command.arg("-c").arg(&self.config).arg("stop")) {
            eprintln!("bench: Postfix does not stop: {error}");
        }
    }
}

fn main_cf(folder: &Path, connections: usize, then: Then) -> String {
    let folder = folder.display();
    let then = match then {
        Then::Held => "smtpd_client_restrictions = static:hold\n".to_owned(),
        Then::Relayed(to) => format!(
            "relayhost = [{}]:{}\nsmtp_tls_security_level = none\nsmtp_host_lookup = native\nmax_use = 100000\n",
            to.ip(),
            to.port()
        ),
    };
    format!(
        "compatibility_level = 3.6\nqueue_directory = {folder}/queue\ndata_directory = {folder}/data\n\
         myhostname = mms.ours.example\nmydestination =\nlocal_recipient_maps =\nmynetworks = 127.0.0.0/8\n\
         inet_interfaces = loopback-only\ninet_protocols = ipv4\n\
         {then}smtpd_recipient_restrictions = permit_mynetworks, reject\nsmtpd_peername_lookup = no\n\
         disable_dns_lookups = yes\nsmtpd_tls_security_level = none\nin_flow_delay = 0\n\
         smtpd_client_connection_count_limit = 0\nsmtpd_error_sleep_time = 0\ndefault_process_limit = {}\n\
         maillog_file = {folder}/log\nmaillog_file_prefixes = {folder}\nsyslog_name = ringpost-bench\n",
        connections + 50
    )
}

fn master_cf(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
         rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\nproxymap unix - - n - - proxymap\nanvil unix - - n - 1 anvil\n\
         error unix - - n - - error\nretry unix - - n - - error\ndiscard unix - - n - - discard\n\
         pickup unix n - n 60 1 pickup\nshowq unix n - n - - showq\nflush unix n - n 1000? 0 flush\n\
         tlsmgr unix - - n 1000? 1 tlsmgr\nsmtp unix - - n - - smtp\n\
         scache unix - - n - 1 scache\npostlog unix-dgram n - n - 1 postlogd\n"
    )
}

fn told(command: &mut Command) -> Result<(), BenchError> {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(BenchError::broken(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        ))),
    }
}
