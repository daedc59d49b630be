//! Fetching against a server on this machine that misbehaves in every way that servers do.

mod archive;
mod files;
mod server;
mod table;

use std::path::PathBuf;

use datasets::fetch::{
    Contents, DATASETS, FetchError, FetchOptions, Problem, fetch, fetch_dataset,
};

/// The table's sums against the real files in HEBB_DATA. Of the brain-tumour scans, a part may be there:
/// each of its files must be listed with its sum, and fetching still demands the whole set.
#[test]
fn the_real_files_have_the_sums_of_the_table() {
    let Some(data) = std::env::var_os("HEBB_DATA").map(PathBuf::from) else {
        println!("SKIPPED: HEBB_DATA is not set");
        return;
    };
    for dataset in DATASETS {
        let folder = data.join(dataset.name);
        if !folder.is_dir() {
            println!("SKIPPED: no {} in HEBB_DATA", dataset.name);
            continue;
        }
        let mut part = *dataset;
        let listed_and_present;
        if let Contents::Archive(archive) = &mut part.contents {
            let present = |line: &&str| {
                let (_, path) = line.split_once("  ").unwrap();
                folder.join(path).is_file()
            };
            let lines: Vec<&str> = archive.manifest.lines().collect();
            let found: Vec<&str> = lines.iter().copied().filter(present).collect();
            if found.len() < lines.len() {
                let error = fetch(dataset.name, &data, &FetchOptions::default()).unwrap_err();
                let FetchError::Incomplete { problem, .. } = error else {
                    panic!("{error}");
                };
                assert!(matches!(problem, Problem::Missing { .. }), "{problem}");
            }
            listed_and_present = found.join("\n");
            archive.manifest = &listed_and_present;
        }
        let fetched = fetch_dataset(&part, &data, &FetchOptions::default()).unwrap();
        assert!(fetched.present, "{fetched}");
        if matches!(part.contents, Contents::Archive(_)) {
            assert_eq!(fetched.unverified, 0, "{fetched}");
        }
        println!("{fetched}");
    }
}
