//! Division of an output between threads.

/// Divides `[images, channels, plane]` into bands of `length` values of the plane. Returns for each image, and for
/// each band of it in turn, that part of every channel's plane.
pub(crate) fn bands<T>(
    values: &mut [T],
    [channels, plane]: [usize; 2],
    length: usize,
) -> Vec<Vec<&mut [T]>> {
    let per_image = plane.div_ceil(length);
    let images = values.len() / (channels * plane);
    let mut bands: Vec<Vec<&mut [T]>> = Vec::new();
    bands.resize_with(images * per_image, || Vec::with_capacity(channels));
    for (index, plane) in values.chunks_exact_mut(plane).enumerate() {
        let first = index / channels * per_image;
        for (band, values) in plane.chunks_mut(length).enumerate() {
            bands[first + band].push(values);
        }
    }
    bands
}
