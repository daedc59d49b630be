//! Huffman codes of JPEG, and the bits of a segment (ITU-T T.81, annexes C and F).

/// Number of bits that are looked up at once.
const LOOKUP: u32 = 9;

/// Advance of the code that ends a block, beyond any coefficient.
const END: u16 = 128;

/// A Huffman table.
pub(super) struct Table {
    /// For the next [`LOOKUP`] bits: number of bits of a code and of the value after it, and 256 times the number of
    /// coefficients that both take, or [`END`]; 0 for longer codes.
    skip: [u16; 1 << LOOKUP],
    /// For the next [`LOOKUP`] bits: length of the code and its value; length 0 for longer codes.
    lookup: [(u8, u8); 1 << LOOKUP],
    /// Per length: the first 16-bit pattern that is no code of this length or a shorter one.
    limit: [u32; 17],
    /// Per length: what to add to a code to get the index of its value.
    offset: [i32; 17],
    values: Vec<u8>,
}

impl Table {
    /// Parses the counts of codes per length and the values after them; `None` if they are not a prefix code.
    pub fn parse(content: &[u8]) -> Option<Self> {
        let counts = content.first_chunk::<16>()?;
        let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
        let values = content.get(16..16 + total)?.to_vec();
        let mut table = Self {
            skip: [0; 1 << LOOKUP],
            lookup: [(0, 0); 1 << LOOKUP],
            limit: [0; 17],
            offset: [0; 17],
            values,
        };
        let (mut code, mut index) = (0u32, 0usize);
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            if code + count > 1 << length {
                return None;
            }
            table.offset[length as usize] = index as i32 - code as i32;
            for code in code..code + count {
                let value = table.values[index];
                index += 1;
                if length <= LOOKUP {
                    let first = (code << (LOOKUP - length)) as usize;
                    let range = first..first + (1 << (LOOKUP - length));
                    table.lookup[range.clone()].fill((length as u8, value));
                    table.skip[range]
                        .fill(length as u16 + u16::from(value & 15) + (advance(value) << 8));
                }
            }
            code += count;
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// Returns the length of the code and of the value that `bits` begin with, and the number of coefficients that they
    /// take; `None` if they are no code.
    #[inline]
    fn skip(&self, buffer: u64) -> Option<(u32, usize)> {
        let found = self.skip[(buffer >> (64 - LOOKUP)) as usize];
        if found > 0 {
            return Some((u32::from(found & 255), usize::from(found >> 8)));
        }
        let bits = (buffer >> 48) as u32;
        let length = (LOOKUP + 1..=16).find(|&length| bits < self.limit[length as usize])?;
        let index = (bits >> (16 - length)) as i32 + self.offset[length as usize];
        let value = *self.values.get(index as usize)?;
        Some((length + u32::from(value & 15), advance(value).into()))
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }
}

/// Returns the number of coefficients that a value of an AC table stands for: a run of zeros and the one after it.
fn advance(value: u8) -> u16 {
    match value {
        // The end of the block, also where a progressive scan has it.
        0x00 | 0x10 | 0x20 | 0x30 | 0x40 | 0x50 | 0x60 | 0x70 | 0x80 | 0x90 | 0xA0 | 0xB0
        | 0xC0 | 0xD0 | 0xE0 => END,
        value => u16::from(value >> 4) + 1,
    }
}

/// The bits of a segment, most significant first, without its stuffed bytes. After the end come zeros, which are counted.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    buffer: u64,
    held: u32,
    /// Number of bits in the buffer, or read, that are not in the segment.
    invented: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            buffer: 0,
            held: 0,
            invented: 0,
        }
    }

    /// Fills the buffer to at least 32 bits, which suffice for a code and its value.
    #[inline]
    fn refill(&mut self) {
        if self.held >= 32 {
            return;
        }
        if let Some(&chunk) = self.bytes[self.at.min(self.bytes.len())..].first_chunk::<4>() {
            let word = u32::from_be_bytes(chunk);
            // Four bytes of which none is 0xFF.
            if (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.buffer |= u64::from(word) << (32 - self.held);
                self.held += 32;
                self.at += 4;
                return;
            }
        }
        while self.held <= 56 {
            let byte = match self.bytes.get(self.at) {
                Some(&byte) => {
                    // The byte after 0xFF is a stuffed zero.
                    self.at += 1 + usize::from(byte == 0xFF);
                    byte
                }
                None => {
                    self.invented += 8;
                    0
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
    }

    #[inline]
    fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.held -= count;
    }

    /// Decodes a value; `None` if the bits are no code of the table.
    #[inline]
    pub fn decode(&mut self, table: &Table) -> Option<u8> {
        self.refill();
        let (length, value) = table.lookup[(self.buffer >> (64 - LOOKUP)) as usize];
        if length > 0 {
            self.skip(length.into());
            return Some(value);
        }
        let bits = (self.buffer >> 48) as u32;
        let length = (LOOKUP + 1..=16).find(|&length| bits < table.limit[length as usize])?;
        self.skip(length);
        let index = (bits >> (16 - length)) as i32 + table.offset[length as usize];
        table.values.get(index as usize).copied()
    }

    /// Reads `count` bits, at most 16.
    #[inline]
    pub fn read(&mut self, count: u32) -> i32 {
        if count == 0 {
            return 0;
        }
        self.refill();
        let bits = (self.buffer >> (64 - count)) as i32;
        self.skip(count);
        bits
    }

    /// Reads a signed value of `count` bits that follow a code, at most 16 (T.81, figure F.12).
    #[inline]
    pub fn extend(&mut self, count: u32) -> i32 {
        let value = self.read(count);
        if count > 0 && value < 1 << (count - 1) {
            value - (1 << count) + 1
        } else {
            value
        }
    }

    /// Passes over a block with all its coefficients; `None` if the bits are no code.
    #[inline]
    pub fn skip_block(&mut self, dc: &Table, ac: &Table) -> Option<()> {
        self.refill();
        self.skip(dc.skip(self.buffer)?.0);
        let mut k = 1;
        while k < 64 {
            self.refill();
            let (bits, coefficients) = ac.skip(self.buffer)?;
            self.skip(bits);
            k += coefficients;
        }
        (k == 64 || k >= usize::from(END)).then_some(())
    }

    /// Returns whether bits were read that are not in the segment.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.invented > self.held
    }

    /// Returns how many whole bytes of the segment were not read.
    pub fn unread(&self) -> usize {
        let held = self.held.saturating_sub(self.invented) as usize / 8;
        self.bytes.len().saturating_sub(self.at) + held
    }
}
