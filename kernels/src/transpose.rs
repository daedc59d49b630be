//! Transposition between channels first, as tensors lie in memory, and channels last, as matrix products over the
//! channels read them.

use std::mem::MaybeUninit;

/// The side of the squares that are transposed in registers: the lanes of AVX.
const SIDE: usize = 8;

type Square = [[f32; SIDE]; SIDE];

/// Transposes a square with AVX.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn with_avx(simd: pulp::x86::V3, rows: Square) -> Square {
    use pulp::cast;
    let avx = simd.avx;
    let rows: [core::arch::x86_64::__m256; SIDE] = cast(rows);
    // Interleaves pairs of rows, then pairs of pairs, then exchanges the halves of the registers.
    let pairs = [
        (
            avx._mm256_unpacklo_ps(rows[0], rows[1]),
            avx._mm256_unpackhi_ps(rows[0], rows[1]),
        ),
        (
            avx._mm256_unpacklo_ps(rows[2], rows[3]),
            avx._mm256_unpackhi_ps(rows[2], rows[3]),
        ),
        (
            avx._mm256_unpacklo_ps(rows[4], rows[5]),
            avx._mm256_unpackhi_ps(rows[4], rows[5]),
        ),
        (
            avx._mm256_unpacklo_ps(rows[6], rows[7]),
            avx._mm256_unpackhi_ps(rows[6], rows[7]),
        ),
    ];
    let upper = [
        avx._mm256_shuffle_ps::<0x44>(pairs[0].0, pairs[1].0),
        avx._mm256_shuffle_ps::<0xEE>(pairs[0].0, pairs[1].0),
        avx._mm256_shuffle_ps::<0x44>(pairs[0].1, pairs[1].1),
        avx._mm256_shuffle_ps::<0xEE>(pairs[0].1, pairs[1].1),
    ];
    let lower = [
        avx._mm256_shuffle_ps::<0x44>(pairs[2].0, pairs[3].0),
        avx._mm256_shuffle_ps::<0xEE>(pairs[2].0, pairs[3].0),
        avx._mm256_shuffle_ps::<0x44>(pairs[2].1, pairs[3].1),
        avx._mm256_shuffle_ps::<0xEE>(pairs[2].1, pairs[3].1),
    ];
    [
        cast(avx._mm256_permute2f128_ps::<0x20>(upper[0], lower[0])),
        cast(avx._mm256_permute2f128_ps::<0x20>(upper[1], lower[1])),
        cast(avx._mm256_permute2f128_ps::<0x20>(upper[2], lower[2])),
        cast(avx._mm256_permute2f128_ps::<0x20>(upper[3], lower[3])),
        cast(avx._mm256_permute2f128_ps::<0x31>(upper[0], lower[0])),
        cast(avx._mm256_permute2f128_ps::<0x31>(upper[1], lower[1])),
        cast(avx._mm256_permute2f128_ps::<0x31>(upper[2], lower[2])),
        cast(avx._mm256_permute2f128_ps::<0x31>(upper[3], lower[3])),
    ]
}

/// The way to transpose a square: with AVX, if the code around is compiled for it, or one value at a time.
#[derive(Clone, Copy)]
pub(crate) struct Transposer {
    #[cfg(target_arch = "x86_64")]
    simd: Option<pulp::x86::V3>,
}

impl Transposer {
    /// Creates a transposer for code that is compiled for registers of this many lanes.
    #[inline(always)]
    pub(crate) fn new(lanes: usize) -> Self {
        #[cfg(not(target_arch = "x86_64"))]
        let _ = lanes;
        Self {
            #[cfg(target_arch = "x86_64")]
            simd: if lanes >= SIDE {
                pulp::x86::V3::try_new()
            } else {
                None
            },
        }
    }

    #[inline(always)]
    fn square(self, rows: Square) -> Square {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = self.simd {
            return with_avx(simd, rows);
        }
        let mut columns = [[0.0; SIDE]; SIDE];
        for (i, column) in columns.iter_mut().enumerate() {
            for (value, row) in column.iter_mut().zip(&rows) {
                *value = row[i];
            }
        }
        columns
    }

    /// Copies a row of an image: from channels that are `plane` apart and begin at `start`, to `[pixel, channel]` with
    /// the channels padded with zeros.
    #[inline(always)]
    pub(crate) fn channels_last(
        self,
        image: &[f32],
        [plane, start]: [usize; 2],
        channels: usize,
        pixels: &mut [f32],
        padded: usize,
    ) {
        let length = pixels.len() / padded;
        let whole = if length < SIDE {
            0
        } else {
            channels / SIDE * SIDE
        };
        for first in (0..whole).step_by(SIDE) {
            let mut rows = [&image[..0]; SIDE];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = &image[(first + i) * plane + start..][..length];
            }
            let mut next = 0;
            while next < length {
                // The last square of a row overlaps the one before.
                let x = next.min(length - SIDE);
                next += SIDE;
                let mut square = [[0.0; SIDE]; SIDE];
                for (values, row) in square.iter_mut().zip(rows) {
                    values.copy_from_slice(&row[x..x + SIDE]);
                }
                for (i, values) in self.square(square).iter().enumerate() {
                    pixels[(x + i) * padded + first..][..SIDE].copy_from_slice(values);
                }
            }
        }
        for channel in whole..channels {
            let row = &image[channel * plane + start..][..length];
            for (pixel, value) in pixels.chunks_exact_mut(padded).zip(row) {
                pixel[channel] = *value;
            }
        }
        if channels < padded {
            for pixel in pixels.chunks_exact_mut(padded) {
                pixel[channels..].fill(0.0);
            }
        }
    }

    /// Copies a strip of an image, `[row, column, channel]` with the rows `row_stride` apart, to lines of `width` in the
    /// plane of each channel.
    #[inline(always)]
    pub(crate) fn channels_first(
        self,
        strip: &[f32],
        [row_stride, padded]: [usize; 2],
        planes: &mut [&mut [MaybeUninit<f32>]],
        width: usize,
    ) {
        let whole = if width < SIDE {
            0
        } else {
            planes.len() / SIDE * SIDE
        };
        let (groups, rest) = planes.split_at_mut(whole);
        for (group, first) in groups.chunks_exact_mut(SIDE).zip((0..).step_by(SIDE)) {
            for row in 0..group[0].len() / width {
                let pixels = &strip[row * row_stride..][..row_stride];
                let mut next = 0;
                while next < width {
                    let x = next.min(width - SIDE);
                    next += SIDE;
                    let mut square = [[0.0; SIDE]; SIDE];
                    for (i, values) in square.iter_mut().enumerate() {
                        values.copy_from_slice(&pixels[(x + i) * padded + first..][..SIDE]);
                    }
                    for (plane, values) in group.iter_mut().zip(self.square(square)) {
                        plane[row * width + x..][..SIDE].write_copy_of_slice(&values);
                    }
                }
            }
        }
        for (plane, channel) in rest.iter_mut().zip(whole..) {
            for (line, pixels) in plane.chunks_exact_mut(width).zip(strip.chunks(row_stride)) {
                for (value, pixel) in line.iter_mut().zip(pixels.chunks_exact(padded)) {
                    value.write(pixel[channel]);
                }
            }
        }
    }
}
