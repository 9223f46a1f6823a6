//! The messages and phones of a scenario, made ready: a template for each kind of message from each kind of phone.
//!
//! Between a scenario and its actors; made once, shared by all threads. Invariant: weights are relative; a draw costs
//! two numbers and a look through some rows.

use super::{Mix, Scenario, ScenarioError};
use crate::pace::Dice;
use crate::personality::{PERSONALITIES, Personality};
use crate::photograph;
use crate::template::{Contents, Template};
use std::sync::Arc;

/// A kind of message from a kind of phone.
#[derive(Debug)]
pub struct Kind {
    /// The message.
    pub template: Template,
    /// The phone.
    pub personality: &'static Personality,
    /// Whether a delivery report is asked for.
    pub delivery_report: bool,
    /// Whether a read report is asked for.
    pub read_report: bool,
}

/// All kinds of a scenario.
#[derive(Debug)]
pub struct Kinds {
    kinds: Vec<Kind>,
    mix_weights: Vec<f64>,
    personality_weights: Vec<f64>,
}

impl Kinds {
    /// Makes the photographs and the templates. `run` names the run in every transaction.
    ///
    /// # Errors
    /// A file that can't be read, a size that no photograph has, a message that the codec refuses.
    pub fn new(scenario: &Scenario, run: &str) -> Result<Kinds, ScenarioError> {
        let mut people: Vec<(&'static Personality, f64)> = Vec::new();
        for personality in PERSONALITIES {
            if let Some(weight) = scenario.personalities.get(personality.name) {
                people.push((personality, *weight));
            }
        }
        if people.is_empty() {
            people.extend(PERSONALITIES.first().map(|plain| (plain, 1.0)));
        }
        let mut kinds = Vec::new();
        for mix in &scenario.mix {
            let contents = Contents {
                photograph: part(mix, scenario.seed)?,
                media_type: mix.media_type.clone(),
                run: run.to_owned(),
                delivery_report: mix.delivery_report,
                read_report: mix.read_report,
            };
            for (personality, _) in &people {
                kinds.push(Kind {
                    template: Template::new(&contents, personality)?,
                    personality,
                    delivery_report: mix.delivery_report,
                    read_report: mix.read_report,
                });
            }
        }
        Ok(Kinds {
            kinds,
            mix_weights: scenario.mix.iter().map(|mix| mix.weight).collect(),
            personality_weights: people.iter().map(|(_, weight)| *weight).collect(),
        })
    }

    /// Draws a kind.
    pub fn draw(&self, dice: &mut Dice) -> u16 {
        let mix = weighted(&self.mix_weights, dice);
        let personality = weighted(&self.personality_weights, dice);
        (mix * self.personality_weights.len() + personality) as u16
    }

    /// A kind that was drawn.
    #[must_use]
    pub fn kind(&self, drawn: u16) -> &Kind {
        &self.kinds[usize::from(drawn)]
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Kind] {
        &self.kinds
    }
}

fn weighted(weights: &[f64], dice: &mut Dice) -> usize {
    if weights.len() < 2 {
        return 0;
    }
    let mut left = dice.share() * weights.iter().sum::<f64>();
    for (index, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return index;
        }
    }
    weights.len() - 1
}

fn part(mix: &Mix, seed: u64) -> Result<Arc<[u8]>, ScenarioError> {
    let octets = match (&mix.file, mix.octets) {
        (Some(path), _) => std::fs::read(path).map_err(|error| ScenarioError::Io(path.clone(), error))?,
        (None, octets) if mix.media_type == "image/jpeg" => {
            photograph::of_octets(octets.unwrap_or_default(), seed)
        }
        (None, octets) => photograph::noise(octets.unwrap_or_default(), seed),
    };
    Ok(octets.into())
}
