//! The markers of a JPEG file: frame, tables and scans (ITU-T T.81, annex B).

use std::ops::Range;
use std::rc::Rc;

use image::metadata::Orientation;
use memchr::memchr;

use super::huffman::Table;
use crate::images::decode::refusal::damaged;

/// Maximum number of scans: a file with more takes quadratic time and was made to do so.
const MAX_SCANS: usize = 1000;

/// Maximum number of blocks of all scans together, some seconds of work. The largest picture that is read has 8 million
/// blocks, and a progressive one passes over each about five times.
const MAX_BLOCKS: usize = 1 << 28;

/// What a JPEG file says before and between its entropy-coded data.
pub(super) struct Header {
    /// Whether coefficients come in several passes.
    pub progressive: bool,
    /// Width and height, in pixels.
    pub size: [usize; 2],
    /// Components of the frame: luma and chroma, or colours.
    pub components: Vec<Component>,
    /// Largest sampling factors of a component, horizontally and vertically.
    pub sampling: [usize; 2],
    /// Scans in the order of the file.
    pub scans: Vec<Scan>,
    /// Number of blocks of all scans.
    scanned: usize,
    /// Colour transform of Adobe's segment.
    pub adobe: Option<u8>,
    /// Whether there is a JFIF segment, which means luma and chroma.
    pub jfif: bool,
    /// How the picture is to be turned.
    pub orientation: Orientation,
    /// Whether the end marker follows the last scan.
    pub has_end: bool,
}

/// A component of the frame.
pub(super) struct Component {
    pub id: u8,
    /// Horizontal and vertical sampling factor.
    pub sampling: [usize; 2],
    /// Number of blocks of 8x8 samples that cover the picture, horizontally and vertically.
    pub blocks: [usize; 2],
    /// Number of blocks with those that fill up the last units of an interleaved scan.
    pub padded: [usize; 2],
    /// Quantisation steps in zigzag order, as at the component's first scan.
    pub steps: Option<[u16; 64]>,
    table: usize,
}

/// A scan: one pass over some of the components.
pub(super) struct Scan {
    pub components: Vec<ScanComponent>,
    /// Coefficients of the pass, in zigzag order.
    pub band: [usize; 2],
    /// Bit positions of the successive approximation before and after the pass.
    pub bits: [u8; 2],
    /// Number of units between restart markers; 0 for none.
    pub restart: usize,
    /// Entropy-coded data between restart markers, as ranges of the file.
    pub segments: Vec<Range<usize>>,
}

/// A component's part in a scan.
pub(super) struct ScanComponent {
    /// Index among the components of the frame.
    pub index: usize,
    pub dc: Option<Rc<Table>>,
    pub ac: Option<Rc<Table>>,
}

/// Tables that later segments may replace.
#[derive(Default)]
struct Tables {
    steps: [Option<[u16; 64]>; 4],
    dc: [Option<Rc<Table>>; 4],
    ac: [Option<Rc<Table>>; 4],
    restart: usize,
}

impl Header {
    /// Parses the segments of a JPEG file.
    ///
    /// # Errors
    /// Why the file cannot be read: a kind that is not supported, or damage.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut header = Self {
            progressive: false,
            size: [0, 0],
            components: Vec::new(),
            sampling: [1, 1],
            scans: Vec::new(),
            scanned: 0,
            adobe: None,
            jfif: false,
            orientation: Orientation::NoTransforms,
            has_end: false,
        };
        let mut tables = Tables::default();
        let mut at = 2;
        while let Some((marker, start)) = next_marker(bytes, at) {
            at = start;
            if marker == 0xD9 {
                header.has_end = true;
                break;
            }
            // Restart markers, TEM and a second start have no length.
            if matches!(marker, 0x01 | 0xD0..=0xD8) {
                continue;
            }
            let length = match bytes.get(start..start + 2) {
                Some(&[high, low]) => usize::from(u16::from_be_bytes([high, low])),
                _ => break,
            };
            let Some(content) = bytes.get(start + 2..start + length.max(2)) else {
                break;
            };
            at = start + length.max(2);
            match marker {
                0xDA => at = header.scan(bytes, content, at, &mut tables)?,
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7 => {
                    header.frame(marker, content)?;
                }
                _ => header.segment(marker, content, &mut tables)?,
            }
        }
        if header.scans.is_empty() {
            return Err(damaged("JPEG", "no pixels in it"));
        }
        Ok(header)
    }

    /// Reads a segment of tables or of metadata. Damaged metadata is ignored.
    fn segment(&mut self, marker: u8, content: &[u8], tables: &mut Tables) -> Result<(), String> {
        match marker {
            0xC4 => return huffman_tables(content, tables),
            0xDB => return quantisation_tables(content, tables),
            0xDD if content.len() >= 2 => {
                tables.restart = usize::from(u16::from_be_bytes([content[0], content[1]]));
            }
            0xE0 if content.starts_with(b"JFIF\0") => self.jfif = true,
            0xE1 if self.scans.is_empty() => {
                let found = (content.strip_prefix(b"Exif\0\0")).map(Orientation::from_exif_chunk);
                if let Some(orientation) = found {
                    self.orientation = orientation.unwrap_or(Orientation::NoTransforms);
                }
            }
            0xEE if content.starts_with(b"Adobe") => self.adobe = content.get(11).copied(),
            _ => {}
        }
        Ok(())
    }

    /// Reads the frame header, and refuses the kinds of JPEG that are not supported.
    fn frame(&mut self, marker: u8, content: &[u8]) -> Result<(), String> {
        let kind = match marker {
            0xC3 | 0xF7 => Some("lossless JPEG"),
            0xC9..=0xCB => Some("a JPEG with arithmetic coding"),
            0xC5..=0xC7 | 0xCD..=0xCF => Some("a hierarchical JPEG"),
            _ if content.first().is_some_and(|&bits| bits != 8) => Some("a JPEG of 12 bits"),
            _ => None,
        };
        if let Some(kind) = kind {
            return Err(format!("{kind}, which is not read; save it as PNG"));
        }
        if !self.components.is_empty() {
            return Err(damaged("JPEG", "two frames in it"));
        }
        let truncated = || damaged("JPEG", "its frame header is too short");
        let [_, h1, h0, w1, w0, count] = *content.first_chunk::<6>().ok_or_else(truncated)?;
        self.progressive = marker == 0xC2;
        self.size = [[w1, w0], [h1, h0]].map(|side| usize::from(u16::from_be_bytes(side)));
        let [width, height] = self.size;
        if width == 0 || height == 0 {
            return Err(format!(
                "a JPEG of {width}x{height} pixels: its size stands nowhere; save it as PNG"
            ));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(format!(
                "a JPEG of {count} components, which is neither grey nor colour; save it as PNG"
            ));
        }
        for part in content[6..].chunks_exact(3).take(count.into()) {
            let sampling = [usize::from(part[1] >> 4), usize::from(part[1] & 15)];
            if sampling.iter().any(|factor| !(1..=4).contains(factor)) || part[2] > 3 {
                return Err(damaged("JPEG", "its frame header is out of range"));
            }
            self.components.push(Component {
                id: part[0],
                sampling,
                blocks: [0, 0],
                padded: [0, 0],
                steps: None,
                table: part[2].into(),
            });
        }
        if self.components.len() < usize::from(count) {
            return Err(truncated());
        }
        self.count_blocks();
        Ok(())
    }

    /// Computes how many blocks each component has.
    fn count_blocks(&mut self) {
        for axis in 0..2 {
            let factors = self.components.iter().map(|one| one.sampling[axis]);
            let most = factors.max().unwrap_or(1);
            self.sampling[axis] = most;
            for one in &mut self.components {
                let samples = (self.size[axis] * one.sampling[axis]).div_ceil(most);
                one.blocks[axis] = samples.div_ceil(8);
                one.padded[axis] = self.size[axis].div_ceil(8 * most) * one.sampling[axis];
            }
        }
    }

    /// Reads a scan header, and returns where the data of the scan ends.
    fn scan(
        &mut self,
        bytes: &[u8],
        content: &[u8],
        start: usize,
        tables: &mut Tables,
    ) -> Result<usize, String> {
        let count = usize::from(*content.first().ok_or_else(out_of_range)?);
        let Some([first, last, bits]) = content.get(1 + 2 * count..4 + 2 * count) else {
            return Err(out_of_range());
        };
        let components = self.scan_components(&content[1..1 + 2 * count], tables)?;
        let (band, bits) = if self.progressive {
            (
                [usize::from(*first), usize::from(*last)],
                [bits >> 4, bits & 15],
            )
        } else {
            ([0, 63], [0, 0])
        };
        let is_band = band[0] <= band[1] && band[1] < 64 && bits[1] < 14;
        let is_alone = band[0] == 0 || count == 1;
        if count == 0
            || count > 4
            || !is_band
            || !is_alone
            || (self.progressive && band[0] == 0 && band[1] > 0)
        {
            return Err(out_of_range());
        }
        let (segments, end) = segments(bytes, start);
        let restart = tables.restart;
        self.scans.push(Scan {
            components,
            band,
            bits,
            restart,
            segments,
        });
        Ok(end)
    }

    /// Reads the components of a scan, two bytes each, and gives them the current quantisation tables.
    fn scan_components(
        &mut self,
        content: &[u8],
        tables: &Tables,
    ) -> Result<Vec<ScanComponent>, String> {
        let mut components = Vec::new();
        for part in content.chunks_exact(2) {
            let index = self.components.iter().position(|one| one.id == part[0]);
            let dc = tables.dc.get(usize::from(part[1] >> 4)).cloned();
            let ac = tables.ac.get(usize::from(part[1] & 15)).cloned();
            let (Some(index), Some(dc), Some(ac)) = (index, dc, ac) else {
                return Err(out_of_range());
            };
            components.push(ScanComponent { index, dc, ac });
            let one = &mut self.components[index];
            one.steps = one.steps.or(tables.steps[one.table]);
            self.scanned += one.blocks[0] * one.blocks[1];
        }
        if self.scans.len() == MAX_SCANS || self.scanned > MAX_BLOCKS {
            return Err(damaged("JPEG", "too many scans"));
        }
        Ok(components)
    }
}

fn out_of_range() -> String {
    damaged("JPEG", "a scan header is out of range")
}

/// Returns the next marker from `at` on, and the position after it. Fill bytes and stray bytes are passed over.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += memchr(0xFF, bytes.get(at..)?)? + 1;
        match bytes.get(at)? {
            0x00 | 0xFF => {}
            &marker => return Some((marker, at + 1)),
        }
    }
}

/// Splits the entropy-coded data from `start` on at its restart markers, and returns where the next other marker is.
fn segments(bytes: &[u8], start: usize) -> (Vec<Range<usize>>, usize) {
    let mut segments = Vec::new();
    let (mut from, mut at) = (start, start);
    while let Some(found) = memchr(0xFF, &bytes[at..]) {
        let fill = at + found;
        let mut code = fill + 1;
        while bytes.get(code) == Some(&0xFF) {
            code += 1;
        }
        match bytes.get(code) {
            Some(0x00) => at = code + 1,
            Some(0xD0..=0xD7) => {
                segments.push(from..fill);
                (from, at) = (code + 1, code + 1);
            }
            Some(_) => {
                segments.push(from..fill);
                return (segments, fill);
            }
            None => break,
        }
    }
    segments.push(from..bytes.len());
    (segments, bytes.len())
}

fn huffman_tables(mut content: &[u8], tables: &mut Tables) -> Result<(), String> {
    while let Some((&selector, rest)) = content.split_first() {
        let table =
            Table::parse(rest).ok_or_else(|| damaged("JPEG", "a Huffman table is not valid"))?;
        content = &rest[16 + table.len()..];
        let number = usize::from(selector & 15);
        let kind = if selector >> 4 == 0 {
            &mut tables.dc
        } else {
            &mut tables.ac
        };
        if let Some(place) = kind.get_mut(number) {
            *place = Some(Rc::new(table));
        }
    }
    Ok(())
}

fn quantisation_tables(mut content: &[u8], tables: &mut Tables) -> Result<(), String> {
    while let Some((&selector, rest)) = content.split_first() {
        let width = if selector >> 4 == 0 { 1 } else { 2 };
        let values = rest
            .get(..64 * width)
            .ok_or_else(|| damaged("JPEG", "a quantisation table is too short"))?;
        let mut steps = [0; 64];
        for (step, value) in steps.iter_mut().zip(values.chunks_exact(width)) {
            *step = value
                .iter()
                .fold(0, |sum, &byte| sum << 8 | u16::from(byte));
        }
        if let Some(place) = tables.steps.get_mut(usize::from(selector & 15)) {
            *place = Some(steps);
        }
        content = &rest[64 * width..];
    }
    Ok(())
}
