//! TIFFs of all kinds, which the test writes itself.

use datasets::images::{Decoded, decode_bytes, open_bytes};

/// A page that is written as a TIFF.
#[derive(Clone)]
struct Page {
    size: [usize; 2],
    bits: u16,
    samples: usize,
    /// Interleaved samples in the byte order of the file, rows packed to bytes.
    pixels: Vec<u8>,
    /// Width and height of tiles.
    tile: Option<[usize; 2]>,
    is_planar: bool,
    tags: Vec<(u16, Vec<u16>)>,
}

impl Page {
    /// A page with the photometric interpretation `colour`.
    fn new(size: [usize; 2], bits: u16, samples: usize, colour: u16, pixels: Vec<u8>) -> Self {
        Self {
            size,
            bits,
            samples,
            pixels,
            tile: None,
            is_planar: false,
            tags: vec![(262, vec![colour])],
        }
    }

    fn with(mut self, tag: u16, values: &[u16]) -> Self {
        self.tags.push((tag, values.to_vec()));
        self
    }

    /// Returns the strips or tiles, without compression.
    fn chunks(&self) -> Vec<Vec<u8>> {
        let [width, height] = self.size;
        let wide = usize::from(self.bits / 8);
        let planes = if self.is_planar { self.samples } else { 1 };
        let inner = self.samples / planes;
        let Some([across, down]) = self.tile else {
            if !self.is_planar {
                return vec![self.pixels.clone()];
            }
            let plane = |plane| {
                let samples = self.pixels.chunks_exact(wide).skip(plane);
                samples.step_by(self.samples).flatten().copied().collect()
            };
            return (0..planes).map(plane).collect();
        };
        let mut chunks = Vec::new();
        for plane in 0..planes {
            for top in (0..height).step_by(down) {
                for left in (0..width).step_by(across) {
                    let mut tile = Vec::new();
                    for (y, x) in
                        (top..top + down).flat_map(|y| (left..left + across).map(move |x| (y, x)))
                    {
                        let start = ((y * width + x) * self.samples + plane * inner) * wide;
                        let inside = x < width && y < height;
                        let pixel = if inside {
                            &self.pixels[start..start + inner * wide]
                        } else {
                            &[0xEE; 8][..inner * wide]
                        };
                        tile.extend(pixel);
                    }
                    chunks.push(tile);
                }
            }
        }
        chunks
    }
}

/// Writes pages as a TIFF, classic or big, in either byte order.
fn write(pages: &[Page], is_big: bool, is_little: bool) -> Vec<u8> {
    let number = |value: usize, len: usize| {
        let bytes = (value as u64).to_le_bytes();
        let mut bytes = bytes[..len].to_vec();
        if !is_little {
            bytes.reverse();
        }
        bytes
    };
    let width = if is_big { 8 } else { 4 };
    let mut file = if is_little {
        b"II".to_vec()
    } else {
        b"MM".to_vec()
    };
    file.extend(number(if is_big { 43 } else { 42 }, 2));
    if is_big {
        file.extend([number(8, 2), number(0, 2)].concat());
    }
    let mut link = file.len();
    file.extend(number(0, width));
    for page in pages {
        let mut places = Vec::new();
        for chunk in page.chunks() {
            places.push((file.len(), chunk.len()));
            file.extend(chunk);
        }
        let (offset_tag, count_tag) = if page.tile.is_some() {
            (324, 325)
        } else {
            (273, 279)
        };
        let mut tags: Vec<(u16, usize, Vec<usize>)> = vec![
            (256, 4, vec![page.size[0]]),
            (257, 4, vec![page.size[1]]),
            (258, 2, vec![page.bits.into(); page.samples]),
            (277, 2, vec![page.samples]),
            (284, 2, vec![1 + usize::from(page.is_planar)]),
            (offset_tag, 4, places.iter().map(|place| place.0).collect()),
            (count_tag, 4, places.iter().map(|place| place.1).collect()),
        ];
        if let Some([across, down]) = page.tile {
            tags.extend([(322, 2, vec![across]), (323, 2, vec![down])]);
        }
        for (tag, values) in &page.tags {
            tags.push((*tag, 2, values.iter().map(|&value| value.into()).collect()));
        }
        tags.sort();
        let mut entries = number(tags.len(), if is_big { 8 } else { 2 });
        for (tag, len, values) in tags {
            let mut bytes: Vec<u8> = values
                .iter()
                .flat_map(|&value| number(value, len))
                .collect();
            if bytes.len() > width {
                let at = file.len();
                file.extend(bytes);
                bytes = number(at, width);
            }
            bytes.resize(width, 0);
            entries.extend(
                [
                    number(tag.into(), 2),
                    number(if len == 2 { 3 } else { 4 }, 2),
                    number(values.len(), width),
                    bytes,
                ]
                .concat(),
            );
        }
        let at = number(file.len(), width);
        file[link..link + width].copy_from_slice(&at);
        file.extend(entries);
        link = file.len();
        file.extend(number(0, width));
    }
    file
}

fn open(file: &[u8], page: Option<usize>) -> Decoded {
    open_bytes(file, "scan", page, Ok).unwrap()
}

fn pixels(page: Page) -> Vec<u8> {
    open(&write(&[page], false, true), None)
        .picture
        .into_bytes()
}

fn reason(page: Page) -> String {
    let error = decode_bytes(&write(&[page], false, true), "scan")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("scan: ") && !error.contains('\n'),
        "{error}"
    );
    error
}

/// 5x3 pixels of three samples.
fn colours() -> Vec<u8> {
    (0..45).map(|i| (i * 5 + 7) as u8).collect()
}

#[test]
fn classic_and_big_files_of_both_byte_orders_are_read() {
    let values: Vec<u16> = (0..15).map(|i| i * 4000 + 300).collect();
    for (is_big, is_little) in [(false, true), (false, false), (true, true), (true, false)] {
        let bytes = |value: &u16| {
            if is_little {
                value.to_le_bytes()
            } else {
                value.to_be_bytes()
            }
        };
        let page = Page::new([5, 3], 16, 1, 1, values.iter().flat_map(bytes).collect());
        let found = open(&write(&[page], is_big, is_little), None);
        let expected: Vec<u8> = values
            .iter()
            .map(|&value| ((u32::from(value) + 128) / 257) as u8)
            .collect();
        assert_eq!(found.picture.as_bytes(), expected, "{is_big} {is_little}");
        assert!(found.notices.is_empty());
    }
}

#[test]
fn planes_and_tiles_give_the_same_picture() {
    for is_planar in [false, true] {
        for tile in [None, Some([2, 2]), Some([16, 16]), Some([5, 1])] {
            let mut page = Page::new([5, 3], 8, 3, 2, colours());
            (page.is_planar, page.tile) = (is_planar, tile);
            assert_eq!(pixels(page), colours(), "{is_planar} {tile:?}");
        }
    }
    let wide: Vec<u8> = colours().iter().flat_map(|&value| [value, value]).collect();
    let mut page = Page::new([5, 3], 16, 3, 2, wide);
    (page.is_planar, page.tile) = (true, Some([4, 4]));
    assert_eq!(pixels(page), colours());
}

#[test]
fn a_predictor_counts_samples_without_a_meaning() {
    // Four samples of which the last means nothing, as differences to the pixel on the left.
    let values: Vec<u8> = (0..60).map(|i| (i * 37 % 251) as u8).collect();
    let differences = |row: &[u8]| -> Vec<u8> {
        (0..row.len())
            .map(|at| row[at].wrapping_sub(if at < 4 { 0 } else { row[at - 4] }))
            .collect()
    };
    let packed: Vec<u8> = values.chunks(20).flat_map(differences).collect();
    let expected: Vec<u8> = values
        .chunks(4)
        .flat_map(|pixel| pixel[..3].to_vec())
        .collect();
    let page = Page::new([5, 3], 8, 4, 2, packed).with(317, &[2]);
    assert_eq!(pixels(page.with(338, &[0])), expected);
}

#[test]
fn associated_alpha_is_not_multiplied_again() {
    let values = vec![100, 50, 20, 128, 10, 5, 0, 255];
    let page = Page::new([2, 1], 8, 4, 2, values);
    let colours = [100, 50, 20, 10, 5, 0];
    assert_eq!(pixels(page.clone().with(338, &[1])), colours);
    let found = open(&write(&[page.clone().with(338, &[1])], false, true), None);
    assert_eq!(found.alpha.unwrap().into_raw(), [128, 255]);
    assert_eq!(pixels(page.clone().with(338, &[2])), [50, 25, 10, 10, 5, 0]);
    assert_eq!(pixels(page.with(338, &[0])), colours);

    let grey = Page::new([2, 1], 8, 2, 1, vec![200, 255, 200, 51]).with(338, &[2]);
    assert_eq!(pixels(grey), [200, 40]);
}

#[test]
fn few_bits_white_is_zero_and_palettes_are_read() {
    let one = Page::new(
        [10, 2],
        1,
        1,
        1,
        vec![0b1010_0000, 0b0100_0000, 0, 0b1000_0000],
    );
    let mut expected = vec![0; 20];
    (expected[0], expected[2], expected[9], expected[18]) = (255, 255, 255, 255);
    assert_eq!(pixels(one.clone()), expected);
    let inverse: Vec<u8> = expected.iter().map(|&value| 255 - value).collect();
    let white = Page {
        tags: vec![(262, vec![0])],
        ..one
    };
    assert_eq!(pixels(white), inverse);
    assert_eq!(
        pixels(Page::new([3, 1], 4, 1, 1, vec![0x0F, 0x80])),
        [0, 255, 136]
    );
    // 12 bits packed.
    assert_eq!(
        pixels(Page::new([2, 1], 12, 1, 1, vec![0xFF, 0xF0, 0x00])),
        [255, 0]
    );

    let mut map = vec![0u16; 3 * 256];
    (map[7], map[256 + 7], map[512 + 7]) = (0xFF00, 0x8000, 0x1000);
    let palette = Page::new([2, 1], 8, 1, 3, vec![7, 0]).with(320, &map);
    assert_eq!(pixels(palette), [255, 128, 16, 0, 0, 0]);
    let inks = Page::new([1, 1], 8, 4, 5, vec![0, 255, 128, 0]);
    assert_eq!(pixels(inks), [255, 0, 127]);
}

#[test]
fn floats_are_read_by_the_range_that_they_use() {
    let page = |values: &[f32], samples: usize| {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let colour = if samples == 3 { 2 } else { 1 };
        Page::new([values.len() / samples, 1], 32, samples, colour, bytes).with(339, &[3])
    };
    let read = |page: Page| {
        let found = open(&write(&[page], false, true), None);
        (found.picture.into_bytes(), found.notices.join(" "))
    };
    assert_eq!(
        read(page(&[0.0, 0.5, 1.0], 3)),
        (vec![0, 128, 255], String::new())
    );
    let (pixels, notice) = read(page(&[0.0, 20.0, 250.0], 3));
    assert_eq!(pixels, [0, 20, 250]);
    assert!(notice.contains("levels"), "{notice}");
    let (pixels, notice) = read(page(&[-1.0, 0.0, 1.0], 1));
    assert_eq!(pixels, [0, 128, 255]);
    assert!(
        notice.contains("-1 to 1") && notice.contains("stretched"),
        "{notice}"
    );
    assert!(reason(page(&[0.0, f32::NAN, 1.0], 1)).contains("NaN"));

    // Whole numbers with a sign, as of CT.
    let bytes = [-1000i16, 0, 1000]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let signed = Page::new([3, 1], 16, 1, 1, bytes).with(339, &[2]);
    let (pixels, notice) = read(signed);
    assert_eq!(pixels, [0, 128, 255]);
    assert!(notice.contains("-1000 to 1000"), "{notice}");
}

#[test]
fn the_first_page_that_is_neither_blank_nor_a_thumbnail_is_read() {
    let grey = |side: usize, value: u8| {
        let mut pixels = vec![value; side * side];
        pixels[0] = 1;
        Page::new([side, side], 8, 1, 1, pixels)
    };
    let blank = Page::new([8, 8], 8, 1, 1, vec![9; 64]);
    let thumbnail = grey(8, 50).with(254, &[1]);
    let pages = [
        thumbnail,
        grey(3, 60),
        blank.clone(),
        grey(8, 70),
        grey(8, 80),
    ];
    let file = write(&pages, false, true);
    let found = open(&file, None);
    assert_eq!(found.picture.as_bytes()[1], 70);
    assert!(
        found.notices[0].starts_with("page 4 of 5"),
        "{:?}",
        found.notices
    );
    for (page, value) in [(1, 50), (2, 60), (3, 9), (5, 80)] {
        let found = open(&file, Some(page));
        assert_eq!(found.picture.as_bytes()[1], value);
        assert!(found.notices.is_empty());
    }
    for page in [0, 6] {
        let error = open_bytes(&file, "scan", Some(page), Ok)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("there are 5") && error.contains("--page"),
            "{error}"
        );
    }
    // Where all are blank, the first is as good as any.
    let found = open(&write(&[blank.clone(), blank], false, true), None);
    assert!(
        found.notices[0].starts_with("page 1 of 2"),
        "{:?}",
        found.notices
    );
}

#[test]
fn kinds_that_are_not_read_are_named_with_a_way_out() {
    let page = Page::new([5, 3], 8, 3, 2, colours());
    let cases = [
        (33003, "JPEG 2000"),
        (34887, "LERC"),
        (50002, "JPEG XL"),
        (50000, "Zstandard"),
        (6, "old style"),
        (3, "group 3"),
        (12345, "compression 12345"),
    ];
    for (compression, name) in cases {
        let error = reason(page.clone().with(259, &[compression]));
        assert!(
            error.contains(name) && error.contains("save it as PNG"),
            "{error}"
        );
        assert!(!error.contains("damaged"), "{error}");
    }
    let lab = Page {
        tags: vec![(262, vec![8])],
        ..page
    };
    assert!(reason(lab).contains("Lab"));
}

/// A tile may be larger than the picture: its size is checked by itself, as it is in memory.
#[test]
fn a_tile_that_takes_too_much_memory_is_refused() {
    // A file of 8 KiB, whose only tile would take half a gigabyte packed and four unpacked.
    let row = vec![0xFF; 8190];
    let page = Page::new([8, 1], 1, 1, 1, row)
        .with(322, &[65_520])
        .with(323, &[65_520])
        .with(324, &[8])
        .with(325, &[8190]);
    let error = reason(page);
    assert!(error.contains("more than 512 MiB"), "{error}");
}

#[test]
fn samples_of_no_possible_number_or_size_are_refused() {
    let good = write(&[Page::new([5, 3], 8, 3, 2, colours())], true, true);
    let entry = |tag: u16| {
        let start = [&tag.to_le_bytes()[..], &[3, 0]].concat();
        good.windows(4).position(|bytes| bytes == start).unwrap()
    };
    // The values of these tags become one number of 64 bits.
    for (tag, value, words) in [
        (277u16, u64::MAX, "18446744073709551615 samples"),
        (277, 1 << 62, "4611686018427387904 samples"),
        (258, u64::MAX, "18446744073709551615 bits"),
        (258, 0, "0 bits"),
        (258, 65, "65 bits"),
    ] {
        let (mut file, at) = (good.clone(), entry(tag));
        file[at + 2] = 16;
        file[at + 4..at + 12].copy_from_slice(&1u64.to_le_bytes());
        file[at + 12..at + 20].copy_from_slice(&value.to_le_bytes());
        let error = decode_bytes(&file, "scan").unwrap_err().to_string();
        assert!(error.contains(words), "{tag} {value}: {error}");
        assert!(!error.contains("decoder failed"), "{error}");
    }
}

#[test]
fn a_shorter_file_is_refused() {
    let file = write(&[Page::new([5, 3], 8, 3, 2, colours())], false, true);
    for len in 0..file.len() {
        // What is behind the last entry is the link to the next page, which is not needed.
        if len < file.len() - 4 {
            assert!(decode_bytes(&file[..len], "scan").is_err(), "{len}");
        }
    }
    // Strips that end too early.
    let page = Page::new([5, 3], 8, 3, 2, colours()[..40].to_vec());
    assert!(reason(page).contains("too early"));
}
