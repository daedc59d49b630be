//! Entropy-coded data: from the bits of all scans to coefficients (ITU-T T.81, annexes F and G).
//!
//! Every scan is read to its end, and a scan that ends before its last block, or goes on behind it, is refused: decoders
//! fill up what is missing with grey, and nobody must be trained on or answered about pictures that are half grey.

use super::header::{Header, Scan, ScanComponent};
use super::huffman::{Bits, Table};
use crate::images::decode::refusal::damaged;

/// Number of bytes behind the last block that are passed over as padding, whatever they hold.
const MAX_PADDING: usize = 16;

/// What is done with coefficients.
pub(super) trait Sink {
    /// Whether the coefficients of sequential scans are not wanted.
    const IS_CHECK: bool = false;

    /// Adds `value` to coefficient `k`, in zigzag order, of a block of a component.
    fn add(&mut self, component: usize, block: usize, k: usize, value: i32);

    /// Returns the coefficient if it is kept, else 0; only its sign is used.
    fn sign(&self, component: usize, block: usize, k: usize) -> i32;
}

/// Discards coefficients: the data is only checked.
struct Check;

impl Sink for Check {
    const IS_CHECK: bool = true;

    #[inline]
    fn add(&mut self, _component: usize, _block: usize, _k: usize, _value: i32) {}

    #[inline]
    fn sign(&self, _component: usize, _block: usize, _k: usize) -> i32 {
        0
    }
}

/// Checks that every block of every scan is there.
///
/// # Errors
/// Where the data ends too early or too late, or is no code.
pub(super) fn check(bytes: &[u8], header: &Header) -> Result<(), String> {
    read(bytes, header, &mut Check)
}

/// Reads the coefficients of all scans.
///
/// # Errors
/// As with [`check`].
pub(super) fn read(bytes: &[u8], header: &Header, sink: &mut impl Sink) -> Result<(), String> {
    // Which coefficients of a block are not zero; refining passes need it.
    let mut nonzero: Vec<Vec<u64>> = vec![Vec::new(); header.components.len()];
    if header.progressive {
        for (flags, component) in nonzero.iter_mut().zip(&header.components) {
            flags.resize(component.padded[0] * component.padded[1], 0);
        }
    }
    let mut seen = [false; 4];
    for scan in &header.scans {
        for part in &scan.components {
            seen[part.index] |= scan.band[0] == 0;
        }
        read_scan(bytes, header, scan, &mut nonzero, sink)?;
    }
    if seen[..header.components.len()].contains(&false) {
        return Err(damaged("JPEG", "not all of its components are there"));
    }
    Ok(())
}

/// State of a scan between restart markers.
#[derive(Default)]
struct State {
    /// Last DC coefficient of each component of the scan.
    last: [i32; 4],
    /// Number of blocks that have no further coefficient in the band.
    empty: u32,
}

fn read_scan(
    bytes: &[u8],
    header: &Header,
    scan: &Scan,
    nonzero: &mut [Vec<u64>],
    sink: &mut impl Sink,
) -> Result<(), String> {
    let is_alone = scan.components.len() == 1;
    let [across, down] = if is_alone {
        header.components[scan.components[0].index].blocks
    } else {
        [0, 1].map(|axis| header.size[axis].div_ceil(8 * header.sampling[axis]))
    };
    let units = across * down;
    let interval = if scan.restart == 0 {
        units
    } else {
        scan.restart
    };
    let expected = units.div_ceil(interval);
    check_segments(scan, expected)?;
    for (number, range) in scan.segments.iter().take(expected).enumerate() {
        let segment = &bytes[range.clone()];
        let mut bits = Bits::new(segment);
        let mut state = State::default();
        let first = number * interval;
        for unit in first..units.min(first + interval) {
            let place = [unit % across, unit / across];
            let mut reader = Unit {
                header,
                scan,
                nonzero,
                state: &mut state,
                bits: &mut bits,
            };
            let is_code = reader.read(place, is_alone, sink).is_some();
            if bits.is_over() || !is_code {
                let done = unit * 100 / units;
                let what = if is_code || bits.is_over() {
                    "end"
                } else {
                    "break off"
                };
                return Err(damaged(
                    "JPEG",
                    &format!("its pixels {what} after {done} %"),
                ));
            }
        }
        check_rest(segment, bits.unread())?;
    }
    Ok(())
}

/// Checks that a scan has all parts between its restart markers.
fn check_segments(scan: &Scan, expected: usize) -> Result<(), String> {
    let found = scan.segments.len();
    // Some encoders end the last part with a marker, too.
    let has_empty_end =
        found == expected + 1 && scan.segments.last().is_some_and(|last| last.len() <= 2);
    if found == expected || has_empty_end {
        return Ok(());
    }
    let what = format!("{found} of {expected} parts are there");
    Err(damaged("JPEG", &what))
}

/// Checks that at most padding follows the last block.
fn check_rest(segment: &[u8], unread: usize) -> Result<(), String> {
    if unread <= MAX_PADDING {
        return Ok(());
    }
    let (read, rest) = segment.split_at(segment.len() - unread);
    let is_padding = rest.iter().all(|byte| *byte == rest[0]);
    // The same byte before the end means that padding was decoded as pixels.
    let is_run_on = read
        .iter()
        .rev()
        .take(MAX_PADDING)
        .all(|byte| *byte == rest[0]);
    if is_padding && !is_run_on {
        return Ok(());
    }
    Err(damaged(
        "JPEG",
        &format!("{unread} bytes too many behind its pixels"),
    ))
}

/// One unit of a scan: a block of one component, or the blocks of all components for one place.
struct Unit<'a, 'b> {
    header: &'a Header,
    scan: &'a Scan,
    nonzero: &'a mut [Vec<u64>],
    state: &'a mut State,
    bits: &'a mut Bits<'b>,
}

impl Unit<'_, '_> {
    /// Reads the blocks; `None` if the bits are no code.
    #[inline]
    fn read(&mut self, [x, y]: [usize; 2], is_alone: bool, sink: &mut impl Sink) -> Option<()> {
        let (header, scan) = (self.header, self.scan);
        for (slot, part) in scan.components.iter().enumerate() {
            let component = &header.components[part.index];
            if is_alone {
                self.block(slot, part, y * component.padded[0] + x, sink)?;
                continue;
            }
            let [across, down] = component.sampling;
            for row in y * down..(y + 1) * down {
                let first = row * component.padded[0] + x * across;
                for block in first..first + across {
                    self.block(slot, part, block, sink)?;
                }
            }
        }
        Some(())
    }

    #[inline]
    fn block<S: Sink>(
        &mut self,
        slot: usize,
        part: &ScanComponent,
        block: usize,
        sink: &mut S,
    ) -> Option<()> {
        let index = part.index;
        let [before, shift] = self.scan.bits;
        if !self.header.progressive {
            let (dc, ac) = (part.dc.as_deref()?, part.ac.as_deref()?);
            if S::IS_CHECK {
                return self.bits.skip_block(dc, ac);
            }
            let last = &mut self.state.last[slot];
            return sequential(self.bits, dc, ac, last, |k, value| {
                sink.add(index, block, k, value)
            });
        }
        match (self.scan.band[0], before) {
            (0, 0) => {
                let size = self.bits.decode(part.dc.as_deref()?)?;
                let last = &mut self.state.last[slot];
                *last = last.wrapping_add(self.bits.extend(u32::from(size).min(16)));
                sink.add(index, block, 0, last.wrapping_shl(shift.into()));
            }
            (0, _) => sink.add(index, block, 0, self.bits.read(1) << shift),
            (_, 0) => self.first_pass(part.ac.as_deref()?, index, block, sink)?,
            _ => self.refine(part.ac.as_deref()?, index, block, sink)?,
        }
        Some(())
    }

    /// Reads the coefficients of a band for the first time (T.81, G.1.2.2).
    fn first_pass(
        &mut self,
        table: &Table,
        index: usize,
        block: usize,
        sink: &mut impl Sink,
    ) -> Option<()> {
        if self.state.empty > 0 {
            self.state.empty -= 1;
            return Some(());
        }
        let [mut k, last] = self.scan.band;
        while k <= last {
            let code = self.bits.decode(table)?;
            let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
            if size == 0 {
                if run < 15 {
                    self.state.empty = (1 << run) - 1 + self.bits.read(run as u32) as u32;
                    break;
                }
                k += 16;
                continue;
            }
            k += run;
            let value = self.bits.extend(size);
            if k > last {
                return None;
            }
            self.nonzero[index][block] |= 1 << k;
            sink.add(index, block, k, value << self.scan.bits[1]);
            k += 1;
        }
        Some(())
    }

    /// Reads one more bit of the coefficients of a band (T.81, G.1.2.3).
    fn refine(
        &mut self,
        table: &Table,
        index: usize,
        block: usize,
        sink: &mut impl Sink,
    ) -> Option<()> {
        let [mut k, last] = self.scan.band;
        let one = 1 << self.scan.bits[1];
        let before = self.nonzero[index][block];
        while k <= last && self.state.empty == 0 {
            let code = self.bits.decode(table)?;
            let (mut run, size) = (usize::from(code >> 4), code & 15);
            let mut value = 0;
            match size {
                0 if run < 15 => {
                    self.state.empty = (1 << run) + self.bits.read(run as u32) as u32;
                    break;
                }
                0 => {}
                1 => value = if self.bits.read(1) == 1 { one } else { -one },
                _ => return None,
            }
            while k <= last {
                if before >> k & 1 == 1 {
                    self.correct(index, block, k, one, sink);
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                k += 1;
            }
            if value != 0 {
                if k > last {
                    return None;
                }
                self.nonzero[index][block] |= 1 << k;
                sink.add(index, block, k, value);
            }
            k += 1;
        }
        if self.state.empty > 0 {
            for k in k..=last {
                if before >> k & 1 == 1 {
                    self.correct(index, block, k, one, sink);
                }
            }
            self.state.empty -= 1;
        }
        Some(())
    }

    /// Reads the correction bit of a coefficient that is not zero.
    #[inline]
    fn correct(&mut self, index: usize, block: usize, k: usize, one: i32, sink: &mut impl Sink) {
        if self.bits.read(1) == 1 {
            let sign = sink.sign(index, block, k);
            sink.add(index, block, k, if sign < 0 { -one } else { one });
        }
    }
}

/// Reads a block with all its coefficients (T.81, F.2.2).
#[inline]
fn sequential(
    bits: &mut Bits<'_>,
    dc: &Table,
    ac: &Table,
    last: &mut i32,
    mut add: impl FnMut(usize, i32),
) -> Option<()> {
    let size = bits.decode(dc)?;
    *last = last.wrapping_add(bits.extend(u32::from(size).min(16)));
    add(0, *last);
    let mut k = 1;
    while k < 64 {
        let code = bits.decode(ac)?;
        let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
        if size == 0 {
            if run < 15 {
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        let value = bits.extend(size);
        if k > 63 {
            return None;
        }
        add(k, value);
        k += 1;
    }
    Some(())
}
