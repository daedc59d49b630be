//! The networks: one file each, which the table in the [`zoo`](crate::zoo) declares.
//!
//! Beside them stands [`ensemble`]: several networks that predict together.

pub mod ensemble;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

macro_rules! declare_modules {
    ($($(#[$doc:meta])* $module:ident::$config:ident as $variant:ident,)*) => {
        $(pub mod $module;)*
    };
}

crate::every_network!(declare_modules);
