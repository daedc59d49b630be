//! Earlier name of [`is_supported`](crate::dispatch::is_supported).

pub(crate) use crate::dispatch::is_supported as is_taken;
