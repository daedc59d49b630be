//! Tables in every format, with their cells as numbers.

#![no_main]

use files::{Row, TableFormat, TableReader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for (comments, white_space) in [(false, false), (true, false), (true, true)] {
        let format = TableFormat {
            comments,
            white_space,
        };
        let Ok(mut table) = TableReader::new(input, format) else {
            continue;
        };
        let (numbers, mut row, mut line) = (table.numbers(), Row::default(), 0);
        while let Ok(true) = table.read(&mut row) {
            assert!(row.line() > line, "line {} follows line {line}", row.line());
            line = row.line();
            for cell in row.cells() {
                if let Ok(number) = numbers.parse(cell, 1e9_f64, "a number") {
                    assert!(number.abs() <= 1e9, "{cell} is {number}");
                }
            }
        }
    }
});
