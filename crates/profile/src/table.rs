//! What a row of the settings table says, and the macro that makes types and rows from one text.
//!
//! `settings` is written with it; the parser, the default file, the schema and the manual page read the rows. So a
//! setting that has no sentence, unit, range or example does not compile (rule 35).

use crate::kind::Kind;
use crate::value::Value;

/// When a changed value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// At the next reload.
    Live,
    /// At the next start; a reload keeps the old value and says so.
    Restart,
}

impl Reload {
    /// As it stands in the manual.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Reload::Live => "live",
            Reload::Restart => "restart",
        }
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name: `group.key`, or the key alone for those of the whole process.
    pub name: &'static str,
    /// Unit of the value; empty where it has none.
    pub unit: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// When a change counts.
    pub reload: Reload,
    /// Another value that could stand there, as TOML.
    pub example: &'static str,
    /// What it is for.
    pub sentence: &'static str,
}

impl Setting {
    /// The group in front of the dot; empty for the process's own.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.name.rsplit_once('.').map_or("", |(group, _)| group)
    }

    /// The key behind the dot.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(_, key)| key)
    }

    /// Its default.
    #[must_use]
    pub fn default(&self) -> Value {
        crate::Settings::default()
            .value(self.name)
            .unwrap_or(Value::Switch(false))
    }
}

/// Makes, from one text: a struct a group, their defaults, [`Settings`](crate::Settings), the table of rows, and the
/// two functions that find a field by its name.
macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])*
        $field:ident $Group:ident {
            $($key:ident: $type:ty = $default:expr, $name:literal, $kind:expr, $unit:literal, $reload:ident,
              $example:literal, $sentence:expr;)*
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $Group {
                $(#[doc = concat!("Setting `", $name, "`: unit, range and sentence stand in its row of [`TABLE`].")]
                pub $key: $type,)*
            }

            impl Default for $Group {
                fn default() -> $Group {
                    $Group { $($key: $default,)* }
                }
            }
        )*

        /// Every setting, by group.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $doc])* pub $field: $Group,)*
        }

        /// The table, in the order of the manual.
        pub static TABLE: &[crate::table::Setting] = &[$($(crate::table::Setting {
            name: $name,
            unit: $unit,
            kind: $kind,
            reload: crate::table::Reload::$reload,
            example: $example,
            sentence: $sentence,
        },)*)*];

        impl Settings {
            /// Puts a value into the setting called `setting.name`; false where it is of another type or out of range.
            pub fn put(&mut self, setting: &crate::table::Setting, value: &crate::value::Value) -> bool {
                match setting.name {
                    $($($name => match crate::kind::Field::read(value, &setting.kind) {
                        Some(read) => self.$field.$key = read,
                        None => return false,
                    },)*)*
                    _ => return false,
                }
                true
            }

            /// The value of the setting called `name`.
            #[must_use]
            pub fn value(&self, name: &str) -> Option<crate::value::Value> {
                match name {
                    $($($name => Some(crate::kind::Field::write(&self.$field.$key)),)*)*
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use settings;

#[cfg(test)]
mod tests;
