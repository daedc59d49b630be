//! Parse trees in brackets. A tree is printed as a text that is the same tree.

#![no_main]

use datasets::trees::{Labelling, bracket};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    for labelling in [Labelling::Required, Labelling::Optional] {
        if let Ok(tree) = bracket::parse(text, labelling) {
            let printed = bracket::print(&tree);
            let again = bracket::parse(&printed, Labelling::Optional);
            assert_eq!(again.as_ref(), Ok(&tree), "{text:?} -> {printed:?}");
        }
    }
});
