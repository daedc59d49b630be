//! TIFFs of every layout that Hebb reads.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A page of 6x5 pixels.
#[derive(Clone)]
struct Page {
    bits: usize,
    samples: usize,
    colour: u16,
    compression: u16,
    predictor: u16,
    format: u16,
    /// Side of tiles.
    tile: Option<usize>,
    is_planar: bool,
    tags: Vec<(u16, Vec<u16>)>,
}

const WIDTH: usize = 6;
const HEIGHT: usize = 5;

impl Page {
    fn new(bits: usize, samples: usize, colour: u16) -> Self {
        Self {
            bits,
            samples,
            colour,
            compression: 1,
            predictor: 1,
            format: 1,
            tile: None,
            is_planar: false,
            tags: Vec::new(),
        }
    }

    /// Returns the strips or tiles.
    fn chunks(&self) -> Vec<Vec<u8>> {
        let planes = if self.is_planar { self.samples } else { 1 };
        let (width, rows, count) = match self.tile {
            Some(side) => (side, side, WIDTH.div_ceil(side) * HEIGHT.div_ceil(side)),
            // Two strips, the second of which is shorter.
            None => (WIDTH, 3, 2),
        };
        let row = (width * self.samples / planes * self.bits).div_ceil(8);
        let chunk = |number: usize| {
            let rows = match (self.tile, number % 2) {
                (None, 1) => HEIGHT - 3,
                _ => rows,
            };
            let bytes = (0..row * rows).map(|at| (at * 23 + number * 5) as u8 & 0x3F);
            self.pack(&bytes.collect::<Vec<_>>(), row)
        };
        (0..planes * count).map(chunk).collect()
    }

    fn pack(&self, bytes: &[u8], row: usize) -> Vec<u8> {
        match self.compression {
            4 => fax(bytes, row),
            5 => {
                let order = weezl::BitOrder::Msb;
                let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(order, 8);
                encoder.encode(bytes).expect("an encoder")
            }
            7 => {
                let side = self.tile.expect("tiles");
                let mut file = Vec::new();
                let encoder = jpeg_encoder::Encoder::new(&mut file, 60);
                let kind = match self.samples {
                    1 => jpeg_encoder::ColorType::Luma,
                    _ => jpeg_encoder::ColorType::Rgb,
                };
                let side = side as u16;
                encoder.encode(bytes, side, side, kind).expect("an encoder");
                file
            }
            8 => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(bytes).expect("an encoder");
                encoder.finish().expect("an encoder")
            }
            // Literal runs of PackBits.
            32773 => bytes
                .chunks(row)
                .flat_map(|row| [&[row.len() as u8 - 1], row].concat())
                .collect(),
            _ => bytes.to_vec(),
        }
    }

    /// Returns the tags, without those of the places of the chunks.
    fn tags(&self) -> Vec<(u16, usize, Vec<usize>)> {
        let mut tags = vec![
            (256, 4, vec![WIDTH]),
            (257, 4, vec![HEIGHT]),
            (258, 2, vec![self.bits; self.samples]),
            (259, 2, vec![self.compression.into()]),
            (262, 2, vec![self.colour.into()]),
            (277, 2, vec![self.samples]),
            (284, 2, vec![1 + usize::from(self.is_planar)]),
            (317, 2, vec![self.predictor.into()]),
            (339, 2, vec![self.format.into()]),
        ];
        match self.tile {
            Some(side) => tags.extend([(322, 2, vec![side]), (323, 2, vec![side])]),
            None => tags.push((278, 2, vec![3])),
        }
        for (tag, values) in &self.tags {
            tags.push((
                *tag,
                2,
                values.iter().map(|value| usize::from(*value)).collect(),
            ));
        }
        tags
    }
}

/// Packs rows of bits as fax data of group 4.
fn fax(bytes: &[u8], row: usize) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for line in bytes.chunks(row) {
        let bit = |x: usize| line[x / 8] >> (7 - x % 8) & 1 == 1;
        let pels = (0..WIDTH).map(|x| match bit(x) {
            true => fax::Color::Black,
            false => fax::Color::White,
        });
        let Ok(()) = encoder.encode_line(pels, WIDTH as u16);
    }
    let Ok(writer) = encoder.finish();
    writer.finish()
}

/// Every layout that is read.
pub fn all() -> Vec<Vec<u8>> {
    let grey = |bits| Page::new(bits, 1, 1);
    let rgb = |bits| Page::new(bits, 3, 2);
    let packed = |page: Page, compression, predictor| Page {
        compression,
        predictor,
        ..page
    };
    let float = |bits| Page {
        format: 3,
        ..grey(bits)
    };
    let tiled = |page: Page, is_planar| Page {
        tile: Some(4),
        is_planar,
        ..page
    };
    let palette: Vec<u16> = (0..48).map(|value| value * 1300).collect();
    let tagged = |page: Page, tag, values: Vec<u16>| Page {
        tags: vec![(tag, values)],
        ..page
    };
    let mut pages: Vec<Page> = [1, 2, 4, 8, 12, 16, 32].map(grey).to_vec();
    pages.extend([8, 16].map(rgb));
    pages.extend([16, 32, 64].map(float));
    pages.extend([5, 8, 32773].map(|compression| packed(rgb(8), compression, 1)));
    pages.extend([5, 8].map(|compression| packed(grey(16), compression, 2)));
    pages.push(packed(float(32), 8, 3));
    pages.push(packed(grey(1), 4, 1));
    pages.push(packed(tiled(grey(8), false), 7, 1));
    pages.push(packed(tiled(rgb(8), false), 7, 1));
    pages.extend([
        tiled(rgb(8), true),
        tiled(grey(16), false),
        tiled(rgb(16), true),
    ]);
    pages.push(Page {
        is_planar: true,
        ..rgb(8)
    });
    pages.push(tagged(Page::new(4, 1, 3), 320, palette));
    pages.push(Page::new(8, 4, 5));
    pages.push(Page::new(1, 1, 0));
    pages.push(tagged(Page::new(8, 2, 1), 338, vec![1]));
    pages.push(tagged(Page::new(8, 4, 2), 338, vec![2]));
    pages.push(tagged(grey(8), 274, vec![6]));
    pages.push(tagged(grey(1), 266, vec![2]));
    pages.push(Page {
        format: 2,
        ..grey(16)
    });
    let mut files: Vec<Vec<u8>> = (pages.iter())
        .map(|page| file(std::slice::from_ref(page), false, true))
        .collect();
    for (is_big, is_little) in [(false, false), (true, true), (true, false)] {
        files.push(file(&[grey(16)], is_big, is_little));
    }
    files.push(file(
        &[tagged(grey(8), 254, vec![1]), rgb(8), grey(8)],
        false,
        true,
    ));
    files
}

/// Writes pages as a TIFF, classic or big, in either byte order.
fn file(pages: &[Page], is_big: bool, is_little: bool) -> Vec<u8> {
    let number = |value: usize, len: usize| {
        let mut bytes = (value as u64).to_le_bytes()[..len].to_vec();
        if !is_little {
            bytes.reverse();
        }
        bytes
    };
    let width = if is_big { 8 } else { 4 };
    let mut file = if is_little { b"II" } else { b"MM" }.to_vec();
    file.extend(number(42 + usize::from(is_big), 2));
    if is_big {
        file.extend([number(8, 2), number(0, 2)].concat());
    }
    let mut link = file.len();
    file.extend(number(0, width));
    for page in pages {
        let mut places = [Vec::new(), Vec::new()];
        for chunk in page.chunks() {
            places[0].push(file.len());
            places[1].push(chunk.len());
            file.extend(chunk);
        }
        let [offsets, lengths] = places;
        let [at, count] = page.tile.map_or([273, 279], |_| [324, 325]);
        let mut tags = page.tags();
        tags.extend([(at, 4, offsets), (count, 4, lengths)]);
        tags.sort();
        let mut directory = number(tags.len(), if is_big { 8 } else { 2 });
        for (tag, len, values) in tags {
            let mut bytes: Vec<u8> = (values.iter())
                .flat_map(|value| number(*value, len))
                .collect();
            if bytes.len() > width {
                let at = file.len();
                file.extend(bytes);
                bytes = number(at, width);
            }
            bytes.resize(width, 0);
            let kind = number(if len == 2 { 3 } else { 4 }, 2);
            let entry = [
                number(tag.into(), 2),
                kind,
                number(values.len(), width),
                bytes,
            ];
            directory.extend(entry.concat());
        }
        let at = number(file.len(), width);
        file[link..link + width].copy_from_slice(&at);
        file.extend(directory);
        link = file.len();
        file.extend(number(0, width));
    }
    file
}
