//! Earlier name of [`microkernel`](crate::microkernel).

pub(crate) use crate::microkernel::Panels;
