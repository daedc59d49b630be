//! JPEGs of unusual and of damaged kinds, which the test writes itself.

use datasets::images::decode_bytes;
use image::{DynamicImage, GrayImage};

/// Bits that are written most significant first, with stuffed zeros.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.held = self.held << 1 | (value >> bit & 1);
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.held as u8);
                if self.held as u8 == 0xFF {
                    self.bytes.push(0);
                }
                (self.held, self.count) = (0, 0);
            }
        }
    }

    /// Fills the last byte up with ones.
    fn end(mut self) -> Vec<u8> {
        while self.count > 0 {
            self.push(1, 1);
        }
        self.bytes
    }
}

/// A JPEG of flat blocks: each block has one value, so that only its DC coefficient is coded.
struct Flat {
    size: [u16; 2],
    /// Horizontal and vertical sampling factor of each component.
    sampling: Vec<[usize; 2]>,
    /// Whether each component has a scan of its own.
    is_apart: bool,
    /// Units between restart markers; 0 for none.
    restart: usize,
}

impl Flat {
    fn of(sampling: &[[usize; 2]]) -> Self {
        Self {
            size: [40, 24],
            sampling: sampling.to_vec(),
            is_apart: false,
            restart: 0,
        }
    }

    fn most(&self, axis: usize) -> usize {
        self.sampling
            .iter()
            .map(|factors| factors[axis])
            .max()
            .unwrap()
    }

    /// Encodes it; `value` returns the sample of a component at a block of its own.
    fn encode(&self, value: impl Fn(usize, usize, usize) -> u8) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        let segment = |marker: u8, content: &[u8]| {
            let length = (content.len() as u16 + 2).to_be_bytes();
            [&[0xFF, marker], &length[..], content].concat()
        };
        // Steps of 8, so that a difference of one level is a coefficient of 1.
        file.extend(segment(0xDB, &[&[0u8][..], &[8; 64]].concat()));
        let [w, h] = self.size.map(u16::to_be_bytes);
        let mut frame = vec![8, h[0], h[1], w[0], w[1], self.sampling.len() as u8];
        for (index, [across, down]) in self.sampling.iter().enumerate() {
            frame.extend([index as u8 + 1, (across << 4 | down) as u8, 0]);
        }
        file.extend(segment(0xC0, &frame));
        // DC: sizes 0 to 11 in codes of 4 bits; AC: the end of the block in a code of 1 bit.
        let mut counts = [0u8; 17];
        counts[4] = 12;
        file.extend(segment(
            0xC4,
            &[&counts[..], &(0..12).collect::<Vec<u8>>()].concat(),
        ));
        let mut counts = [0u8; 17];
        (counts[0], counts[1]) = (0x10, 1);
        file.extend(segment(0xC4, &[&counts[..], &[0]].concat()));
        if self.restart > 0 {
            file.extend(segment(0xDD, &(self.restart as u16).to_be_bytes()));
        }
        let all: Vec<usize> = (0..self.sampling.len()).collect();
        let scans = if self.is_apart {
            all.chunks(1).collect()
        } else {
            vec![&all[..]]
        };
        for scan in scans {
            let mut header = vec![scan.len() as u8];
            header.extend(scan.iter().flat_map(|&index| [index as u8 + 1, 0]));
            header.extend([0, 63, 0]);
            file.extend(segment(0xDA, &header));
            file.extend(self.scan(scan, &value));
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    fn scan(&self, scan: &[usize], value: &impl Fn(usize, usize, usize) -> u8) -> Vec<u8> {
        let [width, height] = self.size.map(usize::from);
        let [most_x, most_y] = [self.most(0), self.most(1)];
        let (across, down) = match scan {
            [alone] => {
                let [x, y] = self.sampling[*alone];
                let blocks =
                    |side: usize, own: usize, most| (side * own).div_ceil(most).div_ceil(8);
                (blocks(width, x, most_x), blocks(height, y, most_y))
            }
            _ => (width.div_ceil(8 * most_x), height.div_ceil(8 * most_y)),
        };
        let (mut bytes, mut bits, mut last) = (Vec::new(), Bits::default(), [0i32; 4]);
        for unit in 0..across * down {
            if self.restart > 0 && unit > 0 && unit % self.restart == 0 {
                bytes.extend(std::mem::take(&mut bits).end());
                bytes.extend([0xFF, 0xD0 + ((unit / self.restart - 1) % 8) as u8]);
                last = [0; 4];
            }
            for &component in scan {
                let [x, y] = if scan.len() == 1 {
                    [1, 1]
                } else {
                    self.sampling[component]
                };
                for block in 0..x * y {
                    let column = unit % across * x + block % x;
                    let row = unit / across * y + block / x;
                    let level = i32::from(value(component, column, row)) - 128;
                    let difference = level - std::mem::replace(&mut last[component], level);
                    let size = 32 - difference.unsigned_abs().leading_zeros();
                    bits.push(size, 4);
                    let low = if difference < 0 {
                        difference - 1
                    } else {
                        difference
                    };
                    bits.push(low as u32, size);
                    bits.push(0, 1);
                }
            }
        }
        bytes.extend(bits.end());
        bytes
    }
}

/// A value that differs from block to block.
fn ramp(component: usize, column: usize, row: usize) -> u8 {
    [
        90 + 20 * (column % 4) as u8 + 9 * (row % 3) as u8,
        128,
        128,
        0,
    ][component]
}

fn decoded(file: &[u8]) -> DynamicImage {
    decode_bytes(file, "scan").unwrap()
}

fn reason(file: &[u8]) -> String {
    let error = decode_bytes(file, "scan").unwrap_err().to_string();
    assert!(
        error.starts_with("scan: ") && !error.contains('\n'),
        "{error}"
    );
    error
}

/// The luma of a file whose chroma is neutral.
fn luma(file: &[u8]) -> GrayImage {
    let rgb = decoded(file).into_rgb8();
    assert!(
        rgb.pixels()
            .all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2])
    );
    DynamicImage::from(rgb).into_luma8()
}

#[test]
fn every_sampling_and_order_of_scans_gives_the_same_luma() {
    let reference = luma(&Flat::of(&[[1, 1]; 3]).encode(ramp));
    assert_eq!(reference.get_pixel(12, 12).0, [90 + 20 + 9]);
    // Sampling factors of luma and both chromas: usual ones, then those that decoders get wrong.
    let cases: [[[usize; 2]; 3]; 9] = [
        [[2, 1], [1, 1], [1, 1]],
        [[2, 2], [1, 1], [1, 1]],
        [[4, 1], [1, 1], [1, 1]],
        [[1, 4], [1, 1], [1, 1]],
        [[3, 1], [1, 1], [1, 1]],
        [[1, 3], [1, 1], [1, 1]],
        [[2, 2], [2, 1], [1, 2]],
        [[2, 2], [1, 2], [1, 2]],
        [[2, 2], [2, 2], [2, 2]],
    ];
    for sampling in cases {
        for (is_apart, restart) in [(false, 0), (true, 0), (false, 1), (true, 2)] {
            let flat = Flat {
                is_apart,
                restart,
                ..Flat::of(&sampling)
            };
            let found = luma(&flat.encode(ramp));
            assert_eq!(
                found.as_raw(),
                reference.as_raw(),
                "{sampling:?} {is_apart} {restart}"
            );
        }
    }
}

#[test]
fn luma_of_a_lower_resolution_than_chroma_is_stretched() {
    // Each block of luma covers 16x16 pixels.
    let file = Flat::of(&[[1, 1], [2, 2], [2, 2]]).encode(ramp);
    let found = luma(&file);
    assert_eq!((found.width(), found.height()), (40, 24));
    let expected = [90, 110, 130].map(|level| [level]);
    let centres = [4, 24, 36].map(|x| found.get_pixel(x, 4).0);
    assert_eq!(centres, expected);
}

#[test]
fn inks_and_their_luma_and_chroma_come_out_light() {
    // Four components without a colour transform: inverted inks, 200 of 255 light each.
    let flat = Flat::of(&[[2, 1], [1, 1], [1, 1], [2, 1]]);
    let file = flat.encode(|_, _, _| 200);
    let light = (200 * 200 / 255) as u8;
    assert_eq!(decoded(&file).into_rgb8().get_pixel(3, 3).0, [light; 3]);

    // With Adobe's transform 2, the first three are luma and chroma of the inks.
    let adobe = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\x02";
    let value = |component: usize, _, _| [55, 128, 128, 255][component];
    let file = flat.encode(value);
    let file = [&file[..2], adobe, &file[2..]].concat();
    let found = decoded(&file).into_rgb8().get_pixel(3, 3).0;
    assert_eq!(found, [200; 3]);
}

#[test]
fn kinds_that_are_not_read_are_named_with_a_way_out() {
    let file = Flat::of(&[[1, 1]; 3]).encode(ramp);
    let frame = file
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    let cases = [
        (1, 0xC9, "arithmetic"),
        (1, 0xCA, "arithmetic"),
        (1, 0xC3, "lossless"),
        (1, 0xF7, "lossless"),
        (1, 0xC5, "hierarchical"),
        (4, 12, "12 bits"),
        (5, 0, "its size"),
    ];
    for (at, value, name) in cases {
        let mut other = file.clone();
        other[frame + at] = value;
        if at == 5 {
            other[frame + 6] = 0;
        }
        let error = reason(&other);
        assert!(
            error.contains(name) && error.contains("save it as PNG"),
            "{error}"
        );
        assert!(!error.contains("damaged"), "{error}");
    }
    let two = Flat::of(&[[1, 1]; 2]).encode(ramp);
    assert!(reason(&two).contains("2 components"));
}

/// A file of a kilobyte could take minutes.
#[test]
fn more_scans_than_a_picture_of_its_size_has_are_refused() {
    let file = |side: u16, scans: usize| {
        let [high, low] = side.to_be_bytes();
        let frame = [0xFF, 0xC2, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0];
        let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0];
        let scans = scan.repeat(scans);
        [&[0xFF, 0xD8], &frame[..], &scans, &[0xFF, 0xD9]].concat()
    };
    let is_refused = |file: &[u8]| {
        let outcome = decode_bytes(file, "scan");
        outcome.is_err_and(|error| error.to_string().contains("too many scans"))
    };
    // Four million blocks in each scan.
    assert!(is_refused(&file(16_384, 65)));
    assert!(!is_refused(&file(640, 900)));
}

#[test]
fn half_a_picture_with_an_end_marker_is_refused() {
    for sampling in [
        &[[1, 1]][..],
        &[[2, 2], [1, 1], [1, 1]],
        &[[3, 1], [1, 1], [1, 1]],
    ] {
        let flat = Flat {
            size: [400, 400],
            ..Flat::of(sampling)
        };
        let file = flat.encode(ramp);
        let (whole, data) = (file.len(), file.len() / 2);
        assert_eq!(decoded(&file).width(), 400);
        // The second half is missing.
        let half = [&file[..data], &[0xFF, 0xD9]].concat();
        assert!(
            reason(&half).contains("its pixels end after"),
            "{}",
            reason(&half)
        );
        // It is zeros, which are codes.
        let mut zeros = file.clone();
        zeros[data..whole - 2].fill(0);
        assert!(reason(&zeros).contains("damaged"), "{}", reason(&zeros));
        // It stands there twice.
        let twice = [&file[..whole - 2], &file[data..]].concat();
        assert!(reason(&twice).contains("too many"), "{}", reason(&twice));
    }
}

#[test]
fn a_picture_that_lacks_only_its_end_marker_is_read() {
    for restart in [0, 2] {
        let flat = Flat {
            restart,
            ..Flat::of(&[[2, 1], [1, 1], [1, 1]])
        };
        let file = flat.encode(ramp);
        let without = &file[..file.len() - 2];
        assert_eq!(decoded(without), decoded(&file));
        // Padding behind the data is passed over.
        let padded = [without, &[0; 100], &[0xFF, 0xD9]].concat();
        assert_eq!(decoded(&padded), decoded(&file));
    }
}

#[test]
fn a_missing_part_between_restart_markers_is_noticed() {
    let flat = Flat {
        restart: 2,
        ..Flat::of(&[[1, 1]; 3])
    };
    let file = flat.encode(ramp);
    let marker = |number: u8| {
        let bytes = [0xFF, 0xD0 + number];
        file.windows(2).position(|pair| pair == bytes).unwrap()
    };
    let shorter = [&file[..marker(1)], &file[marker(2)..]].concat();
    assert!(
        reason(&shorter).contains("parts are there"),
        "{}",
        reason(&shorter)
    );
}
