//! Names of enum values, as command lines, configurations and messages have them.

/// Gives a type a table of names: `NAMES`, `name` and `from_name`. With `what`, also a `FromStr` whose error lists the
/// names, or says `choose` instead.
macro_rules! named {
    ($type:ty, { $($name:literal => $value:expr),+ $(,)? }) => {
        impl $type {
            /// Every name, in the order they are listed.
            pub(crate) const NAMES: &'static [(&'static str, Self)] = &[$(($name, $value)),+];

            /// Returns the value of that name.
            pub(crate) fn from_name(text: &str) -> Option<Self> {
                let mut names = Self::NAMES.iter();
                names.find(|(name, _)| *name == text).map(|(_, value)| *value)
            }

            /// Returns the name, as on the command line.
            pub fn name(self) -> &'static str {
                let mut names = Self::NAMES.iter();
                names.find(|(_, value)| *value == self).map_or("", |(name, _)| *name)
            }
        }
    };
    ($type:ty, what: $what:literal, { $($name:literal => $value:expr),+ $(,)? }) => {
        $crate::names::named!($type, { $($name => $value),+ });
        $crate::names::named!(@parse $type, $what, $crate::names::alternatives(&[$($name),+]));
    };
    ($type:ty, what: $what:literal, choose: $choose:literal, { $($name:literal => $value:expr),+ $(,)? }) => {
        $crate::names::named!($type, { $($name => $value),+ });
        $crate::names::named!(@parse $type, $what, $choose);
    };
    (@parse $type:ty, $what:literal, $choose:expr) => {
        impl std::str::FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::from_name(text)
                    .ok_or_else(|| format!("{text}: no such {}; choose {}", $what, $choose))
            }
        }
    };
}

pub(crate) use named;

/// Lists names as `none, batch or layer`.
pub(crate) fn alternatives(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fruit {
        Apple,
        Pear,
        Plum,
    }

    named!(Fruit, what: "fruit", {
        "apple" => Self::Apple,
        "pear" => Self::Pear,
        "plum" => Self::Plum,
    });

    #[test]
    fn names_read_back_as_what_they_name() {
        for fruit in [Fruit::Apple, Fruit::Pear, Fruit::Plum] {
            assert_eq!(fruit.name().parse::<Fruit>().unwrap(), fruit);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let message = "nut".parse::<Fruit>().unwrap_err();
        assert_eq!(message, "nut: no such fruit; choose apple, pear or plum");
        assert_eq!(alternatives(&["xavier", "he"]), "xavier or he");
    }
}
