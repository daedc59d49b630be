//! Archives: what is unpacked, and what is refused.

use std::path::Path;

use datasets::fetch::{
    Archive, Contents, FetchError, FetchOptions, Fetched, Problem, fetch_dataset,
};
use tempfile::tempdir;

use super::server::{
    Answer, Server, assert_no_part_left, body, names, numbers, problem, range, sha256,
};

/// A `.tar.gz` of entries: path, type, content.
fn packed(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(zipped);
    for (path, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        // By hand: the builder itself refuses a path that leads out.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/hostname").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

const FILE: tar::EntryType = tar::EntryType::Regular;
const A: &[u8] = b"first picture";
const B: &[u8] = b"second picture";

/// A good archive: two listed pictures, one that is not listed, and matter beside the folders.
fn good() -> Vec<(&'static str, tar::EntryType, &'static [u8])> {
    vec![
        (
            "pax_global_header",
            tar::EntryType::XGlobalHeader,
            b"14 comment=ab\n",
        ),
        ("set-1/", tar::EntryType::Directory, b""),
        ("set-1/README.md", FILE, b"read me"),
        ("set-1/Training/", tar::EntryType::Directory, b""),
        ("set-1/Training/a (1).jpg", FILE, A),
        ("set-1/Testing/b.jpg", FILE, B),
        ("set-1/Testing/c.jpg", FILE, b"no sum known"),
    ]
}

fn fetch_archive(
    dir: &Path,
    limits: (u64, usize),
    options: &FetchOptions,
) -> Result<Fetched, FetchError> {
    let manifest = format!(
        "{}  Training/a (1).jpg\n{}  Testing/b.jpg\n",
        sha256(A),
        sha256(B)
    );
    let contents = Contents::Archive(Archive {
        name: "numbers.tar.gz",
        addresses: &[],
        folders: &["Training", "Testing"],
        manifest: &manifest,
        max_bytes: limits.0,
        max_files: limits.1,
    });
    fetch_dataset(&numbers(contents), dir, options)
}

const LIMITS: (u64, usize) = (1 << 20, 100);

#[test]
fn a_good_archive_is_unpacked_and_checked() {
    let (dir, server) = (
        tempdir().unwrap(),
        Server::new(vec![Answer::Body(packed(&good()))]),
    );
    let fetched = fetch_archive(dir.path(), LIMITS, &server.options()).unwrap();
    assert_eq!(
        (fetched.present, fetched.verified, fetched.unverified),
        (false, 2, 1)
    );
    assert!(
        fetched
            .to_string()
            .ends_with("2 files verified by SHA-256, 1 more that no sum is known for")
    );
    assert_eq!(names(&fetched.path), ["Testing", "Training"]);
    assert_eq!(
        std::fs::read(fetched.path.join("Training/a (1).jpg")).unwrap(),
        A
    );
    assert_eq!(names(dir.path()), ["numbers"]);
    assert!(
        fetch_archive(dir.path(), LIMITS, &server.options())
            .unwrap()
            .present
    );
    assert_eq!(server.requests().len(), 1);
}

/// Fetches an archive that must be refused, and checks that nothing of it stays.
fn refused(archive: Vec<u8>, limits: (u64, usize)) -> Problem {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(archive)]));
    let error = fetch_archive(dir.path(), limits, &server.options()).unwrap_err();
    assert!(!dir.path().join("numbers").exists());
    assert_eq!(names(dir.path()), [".fetch-numbers"]);
    assert_no_part_left(&dir);
    assert!(names(&dir.path().join(".fetch-numbers/whole")).is_empty());
    problem(error)
}

#[test]
fn archives_that_lead_out_of_the_folder_are_refused() {
    let cases: [(&str, tar::EntryType); 5] = [
        ("set-1/Training/../../../escaped.jpg", FILE),
        ("/tmp/escaped.jpg", FILE),
        ("../escaped.jpg", FILE),
        ("set-1/Training/link.jpg", tar::EntryType::Symlink),
        ("set-1/Training/link.jpg", tar::EntryType::Link),
    ];
    for (path, kind) in cases {
        let mut entries = good();
        entries.push((path, kind, b""));
        match refused(packed(&entries), LIMITS) {
            Problem::Archive { reason, .. } => assert!(reason.starts_with(path), "{reason}"),
            other => panic!("{path}: {other}"),
        }
    }
}

#[test]
fn an_archive_without_a_listed_file_is_refused() {
    let mut entries = good();
    entries.retain(|entry| !entry.0.ends_with("b.jpg"));
    match refused(packed(&entries), LIMITS) {
        Problem::Missing { file, expected } => {
            assert_eq!((file.as_str(), expected), ("Testing/b.jpg", sha256(B)));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_archive_with_another_file_in_place_of_a_listed_one_is_refused() {
    let mut entries = good();
    entries[4].2 = b"another picture";
    match refused(packed(&entries), LIMITS) {
        Problem::Checksum {
            file,
            expected,
            found,
        } => {
            assert_eq!(file, "Training/a (1).jpg");
            assert_eq!((expected, found), (sha256(A), sha256(b"another picture")));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn archives_without_end_are_refused() {
    assert!(matches!(
        refused(packed(&good()), (1 << 20, 4)),
        Problem::TooLarge { .. }
    ));
    // 4 MB of zeros that pack into a few kilobytes.
    let mut entries = good();
    let zeros = vec![0; 4 << 20];
    entries.push(("set-1/Training/zeros.jpg", FILE, &zeros));
    let archive = packed(&entries);
    assert!(archive.len() < 1 << 16);
    assert!(matches!(refused(archive, LIMITS), Problem::TooLarge { .. }));
}

#[test]
fn damaged_archives_are_refused() {
    let mut entries = good();
    let noise: Vec<u8> = body();
    entries.push(("set-1/Training/noise.jpg", FILE, &noise));
    let archive = packed(&entries);
    for damaged in [
        archive[..archive.len() / 2].to_vec(),
        b"<html>not found</html>".to_vec(),
    ] {
        assert!(matches!(refused(damaged, LIMITS), Problem::Archive { .. }));
    }
    let twice = [good(), vec![good()[4]]].concat();
    assert!(matches!(
        refused(packed(&twice), LIMITS),
        Problem::Io { .. }
    ));
}

#[test]
fn a_cut_archive_is_completed_by_the_next_call() {
    let archive = packed(&good());
    let answers = vec![Answer::Cut(archive.clone(), 100), Answer::Body(archive)];
    let (dir, server) = (tempdir().unwrap(), Server::new(answers));
    fetch_archive(dir.path(), LIMITS, &server.options()).unwrap_err();
    fetch_archive(dir.path(), LIMITS, &server.options()).unwrap();
    assert_eq!(range(&server.requests()[1]), Some(100));
}
