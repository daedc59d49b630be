//! New memory that is written once, without being cleared first: clearing it took a tenth of a step, on one
//! thread.

use std::mem::MaybeUninit;

/// A value of new memory, before it is written.
pub(crate) type Fresh<T> = MaybeUninit<T>;

/// A vector of `length` values that `write` writes.
///
/// # Safety
/// `write` must write every element.
#[allow(unsafe_code)]
pub(crate) unsafe fn vector<T: Copy>(length: usize, write: impl FnOnce(&mut [Fresh<T>])) -> Vec<T> {
    let mut values = Vec::with_capacity(length);
    write(&mut values.spare_capacity_mut()[..length]);
    // SAFETY: the capacity is `length` at least, and the caller promises that all of it is written.
    unsafe { values.set_len(length) };
    values
}

/// The output of `[n, channels, plane]` by what is written at a time: for each picture and each `length` values
/// of a plane in turn, that part of every channel's plane.
pub(crate) fn by_rows<T>(
    output: &mut [T],
    [channels, plane]: [usize; 2],
    length: usize,
) -> Vec<Vec<&mut [T]>> {
    let in_picture = plane.div_ceil(length);
    let pictures = output.len() / (channels * plane);
    let mut rows: Vec<Vec<&mut [T]>> = Vec::new();
    rows.resize_with(pictures * in_picture, || Vec::with_capacity(channels));
    for (index, plane) in output.chunks_exact_mut(plane).enumerate() {
        let first = index / channels * in_picture;
        for (row, lines) in plane.chunks_mut(length).enumerate() {
            rows[first + row].push(lines);
        }
    }
    rows
}

/// Memory that has been written, to be written again.
#[allow(unsafe_code)]
pub(crate) fn of<T: Copy>(values: &mut [T]) -> &mut [Fresh<T>] {
    let length = values.len();
    // SAFETY: `MaybeUninit<T>` lies in memory as `T` does; only whole values are ever written to it here
    // (there is no way to take one out of it without `unsafe`).
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), length) }
}
