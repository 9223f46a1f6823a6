//! The two ratios, and whether the run can bear them.
//!
//! The end of `submit`. Invariants: ratios are of pairs, not of medians; a void run claims nothing, nor does one of
//! messages of another size than the bounds are of.

use crate::disk::Disk;
use crate::round::Round;
use bench::host::Host;
use bench::report::Spread;
use bench::server::Side;
use bench::turns;
use bench::verdict::{Claim, PAIRS_MIN, Verdict, too_few, too_foreign};

/// Octets of the messages that both bounds are of: what copying and summing take of a message grows with its size, what
/// MMS takes does not, so a ratio is another one for each.
const BOUNDS_OCTETS: usize = 30_000;
/// Full may cost so many times bare's processor time per message.
pub(crate) const COST_RATIO_MAX: f64 = 1.6;
/// Full must reach so much of bare's rate.
pub(crate) const RATE_RATIO_MIN: f64 = 0.6;
/// Bare's log must reach so much of fio's rate, or the disk path of both is not what the machine can do.
const LOG_RATIO_MIN: f64 = 0.8;
/// The driver's core must be idle for so much of the time, or the driver's own ceiling be so far above bare's rate.
const HEADROOM_MIN: f64 = 0.1;

/// The two ratios of a run, and what it says of them.
pub(crate) struct Ratios {
    pub(crate) cost: Spread,
    pub(crate) rate: Spread,
    pub(crate) verdict: Verdict,
    octets: usize,
}

impl Ratios {
    /// Of pairs with messages of so many octets.
    pub(crate) fn of(octets: usize, host: &Host, null: &Round, rounds: &[Round], disk: &Disk) -> Ratios {
        let over = |figure: fn(&Round) -> f64| turns::ratios(rounds, Side::Full, Side::Bare, figure);
        let (costs, rates) = (over(Round::server_us), over(|round| round.driven.rate()));
        let pairs = costs.len();
        let (cost, rate) = (Spread::of(costs), Spread::of(rates));
        let claim = match octets {
            BOUNDS_OCTETS => Claim::of(cost.median <= COST_RATIO_MAX && rate.median >= RATE_RATIO_MIN),
            octets => Claim::NoBound(format!(
                "messages of {octets} octets: both bounds are of {BOUNDS_OCTETS}"
            )),
        };
        let void = [
            too_few("pairs", pairs, PAIRS_MIN),
            short_log(disk),
            no_headroom(null, rounds),
            too_foreign(Spread::of(rounds.iter().map(Round::foreign)).median),
        ];
        Ratios {
            cost,
            rate,
            verdict: Verdict::reach(host, void, claim),
            octets,
        }
    }

    /// Whether there are bounds for messages of this size.
    pub(crate) fn has_bounds(&self) -> bool {
        self.octets == BOUNDS_OCTETS
    }
}

/// The log's way to the disk is not what the machine can do.
fn short_log(disk: &Disk) -> Option<String> {
    let ratio = disk.ratio.median;
    (ratio < LOG_RATIO_MIN).then(|| format!("the log alone reaches {ratio:.2} of fio"))
}

/// The driver may have set bare's rate.
fn no_headroom(null: &Round, rounds: &[Round]) -> Option<String> {
    let idle = Spread::of(rounds.iter().map(Round::driver_idle)).median;
    let bare_rate = turns::spread(rounds, Side::Bare, |round| round.driven.rate()).median;
    let ceiling = null.driven.rate();
    let is_near = idle < HEADROOM_MIN && ceiling < bare_rate * (1.0 + HEADROOM_MIN);
    is_near.then(|| {
        format!(
            "the driver has no headroom: idle {idle:.2}, {ceiling:.0}/s against a server that does nothing"
        )
    })
}
