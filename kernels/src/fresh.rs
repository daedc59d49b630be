//! Earlier names of [`uninit`](crate::uninit) and [`bands`](crate::bands).

pub(crate) use std::mem::MaybeUninit as Fresh;

pub(crate) use crate::uninit::vec as vector;
