//! The two ratios, and whether the run can bear them.
//!
//! The end of `submit`. Invariants: ratios are of pairs, not of medians; a void run claims nothing.

use crate::disk::Disk;
use crate::round::Round;
use bench::host::Host;
use bench::report::Spread;
use bench::server::Side;

/// Full may cost so many times bare's processor time per message.
pub(crate) const COST_RATIO_MAX: f64 = 1.6;
/// Full must reach so much of bare's rate.
pub(crate) const RATE_RATIO_MIN: f64 = 0.6;
/// Bare's log must reach so much of fio's rate, or the disk path of both is not what the machine can do.
pub(crate) const LOG_RATIO_MIN: f64 = 0.8;
/// The driver's core must be idle for so much of the time, or the driver's own ceiling be so far above bare's rate.
pub(crate) const HEADROOM_MIN: f64 = 0.1;
/// What others may take of the server's core.
pub(crate) const FOREIGN_MAX: f64 = 0.05;

/// What the run says.
pub(crate) struct Verdict {
    pub(crate) cost_ratio: Spread,
    pub(crate) rate_ratio: Spread,
    /// Why it says nothing; empty where it does.
    pub(crate) void: Vec<String>,
    pub(crate) weaknesses: Vec<String>,
}

impl Verdict {
    pub(crate) fn reach(host: &Host, null: &Round, rounds: &[Round], disk: &Disk) -> Verdict {
        let side = |side: Side| rounds.iter().filter(move |round| round.side == side);
        let pairs: Vec<(&Round, &Round)> = side(Side::Bare)
            .filter_map(|bare| Some((bare, side(Side::Full).find(|full| full.pair == bare.pair)?)))
            .collect();
        let bare_rate = Spread::of(side(Side::Bare).map(|round| round.driven.rate())).median;
        let mut void = Vec::new();
        if pairs.len() < 7 {
            void.push(format!("{} pairs; 7 are the least", pairs.len()));
        }
        if disk.ratio.median < LOG_RATIO_MIN {
            void.push(format!("the log alone reaches {:.2} of fio", disk.ratio.median));
        }
        let idle = Spread::of(rounds.iter().map(Round::driver_idle)).median;
        if idle < HEADROOM_MIN && null.driven.rate() < bare_rate * (1.0 + HEADROOM_MIN) {
            void.push(format!(
                "the driver has no headroom: idle {idle:.2}, {:.0}/s against a server that does nothing",
                null.driven.rate()
            ));
        }
        let foreign = Spread::of(rounds.iter().map(Round::foreign)).median;
        if foreign > FOREIGN_MAX {
            void.push(format!("others took {foreign:.2} of the server's core"));
        }
        Verdict {
            cost_ratio: Spread::of(
                pairs
                    .iter()
                    .map(|(bare, full)| full.server_us() / bare.server_us()),
            ),
            rate_ratio: Spread::of(
                pairs
                    .iter()
                    .map(|(bare, full)| full.driven.rate() / bare.driven.rate()),
            ),
            void,
            weaknesses: host.weaknesses.clone(),
        }
    }

    pub(crate) fn holds(&self) -> bool {
        self.void.is_empty()
            && self.cost_ratio.median <= COST_RATIO_MAX
            && self.rate_ratio.median >= RATE_RATIO_MIN
    }
}
