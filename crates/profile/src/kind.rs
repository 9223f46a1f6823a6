//! What a setting may hold, and how such a value is read from TOML and written back.
//!
//! The ground of the settings table: a row names a [`Kind`], which says its range in words, as a check and as JSON
//! schema, so that the three can't differ. Invariant: a value that [`Field::read`] returns is within its kind.

use crate::prefix::Prefix;
use crate::value::{Form, Value};
use std::net::SocketAddr;

/// The values that a setting may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number, ends included.
    Integer {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A list of whole numbers, ends included.
    Integers {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
        /// Entries at most; one at least.
        count_max: usize,
    },
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text of a form.
    Text(Form),
    /// A list of texts of a form.
    Texts {
        /// The form of each.
        form: Form,
        /// Entries at least.
        count_min: usize,
        /// Entries at most.
        count_max: usize,
    },
    /// A list of `ADDRESS:PORT`; port 0 lets the kernel choose. One at least.
    Addresses {
        /// Entries at most.
        count_max: usize,
    },
    /// A list of address prefixes such as `10.0.0.0/8`.
    Prefixes {
        /// Entries at most.
        count_max: usize,
    },
}

impl Kind {
    /// The range, as it stands in a refusal and in the manual.
    #[must_use]
    pub fn range(&self) -> String {
        match self {
            Kind::Integer { min, max } => format!("{min} to {max}"),
            Kind::Integers { min, max, count_max } => {
                format!("1 to {count_max} numbers, each {min} to {max}")
            }
            Kind::Switch => "true or false".to_owned(),
            Kind::Choice(words) => words
                .iter()
                .map(|word| format!("{word:?}"))
                .collect::<Vec<_>>()
                .join(" or "),
            Kind::Text(form) => form.text.to_owned(),
            Kind::Texts {
                form,
                count_min,
                count_max,
            } => {
                format!("{count_min} to {count_max} entries, each {}", form.text)
            }
            Kind::Addresses { count_max } => {
                format!("1 to {count_max} entries ADDRESS:PORT, port 0 to 65535")
            }
            Kind::Prefixes { count_max } => format!("0 to {count_max} entries ADDRESS or ADDRESS/BITS"),
        }
    }
}

/// A type that a setting can have.
pub trait Field: Sized {
    /// Reads a value; `None` where it is of another type or outside the kind's range.
    fn read(value: &Value, kind: &Kind) -> Option<Self>;

    /// Writes it back, as [`Field::read`] would take it.
    fn write(&self) -> Value;
}

macro_rules! whole_number {
    ($($number:ty),*) => {$(
        impl Field for $number {
            fn read(value: &Value, kind: &Kind) -> Option<$number> {
                let (Value::Integer(number), Kind::Integer { min, max }) = (value, kind) else { return None };
                let number = u64::try_from(*number).ok().filter(|number| (*min..=*max).contains(number))?;
                <$number>::try_from(number).ok()
            }

            fn write(&self) -> Value {
                Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )*};
}

whole_number!(u8, u16, u32, u64);

impl Field for bool {
    fn read(value: &Value, _: &Kind) -> Option<bool> {
        match value {
            Value::Switch(switch) => Some(*switch),
            _ => None,
        }
    }

    fn write(&self) -> Value {
        Value::Switch(*self)
    }
}

impl Field for String {
    fn read(value: &Value, kind: &Kind) -> Option<String> {
        let Value::Text(text) = value else { return None };
        let fits = match kind {
            Kind::Choice(words) => words.contains(&text.as_str()),
            Kind::Text(form) => form.fits(text),
            _ => false,
        };
        fits.then(|| text.clone())
    }

    fn write(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Field for Vec<String> {
    fn read(value: &Value, kind: &Kind) -> Option<Vec<String>> {
        let Kind::Texts {
            form,
            count_min,
            count_max,
        } = kind
        else {
            return None;
        };
        let texts = list(value, |entry| match entry {
            Value::Text(text) => form.fits(text).then(|| text.clone()),
            _ => None,
        })?;
        (*count_min..=*count_max).contains(&texts.len()).then_some(texts)
    }

    fn write(&self) -> Value {
        Value::List(self.iter().cloned().map(Value::Text).collect())
    }
}

impl Field for Vec<u32> {
    fn read(value: &Value, kind: &Kind) -> Option<Vec<u32>> {
        let Kind::Integers { min, max, count_max } = *kind else {
            return None;
        };
        let numbers = list(value, |entry| u32::read(entry, &Kind::Integer { min, max }))?;
        (1..=count_max).contains(&numbers.len()).then_some(numbers)
    }

    fn write(&self) -> Value {
        Value::List(self.iter().map(Field::write).collect())
    }
}

impl Field for Vec<SocketAddr> {
    fn read(value: &Value, kind: &Kind) -> Option<Vec<SocketAddr>> {
        let Kind::Addresses { count_max } = *kind else {
            return None;
        };
        let addresses: Vec<SocketAddr> = list(value, parsed)?;
        (1..=count_max).contains(&addresses.len()).then_some(addresses)
    }

    fn write(&self) -> Value {
        Value::List(
            self.iter()
                .map(|address| Value::Text(address.to_string()))
                .collect(),
        )
    }
}

impl Field for Vec<Prefix> {
    fn read(value: &Value, kind: &Kind) -> Option<Vec<Prefix>> {
        let Kind::Prefixes { count_max } = *kind else {
            return None;
        };
        let prefixes: Vec<Prefix> = list(value, parsed)?;
        (prefixes.len() <= count_max).then_some(prefixes)
    }

    fn write(&self) -> Value {
        Value::List(
            self.iter()
                .map(|prefix| Value::Text(prefix.to_string()))
                .collect(),
        )
    }
}

fn list<T>(value: &Value, entry: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    match value {
        Value::List(entries) => entries.iter().map(entry).collect(),
        _ => None,
    }
}

fn parsed<T: std::str::FromStr>(value: &Value) -> Option<T> {
    match value {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}
