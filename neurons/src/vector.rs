//! Products and lengths of vectors.

/// Returns the scalar product, summed from the first element to the last as NumPy does for short vectors.
///
/// ```
/// assert_eq!(neurons::vector::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Returns the Euclidean norm.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Returns the cosine of the angle between two vectors, or 0 if either has length 0.
pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let lengths = norm(a) * norm(b);
    if lengths > 0.0 {
        dot(a, b) / lengths
    } else {
        0.0
    }
}
