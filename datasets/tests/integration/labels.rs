//! Labels of pictures from a table.

use std::fs;
use std::path::Path;

use crate::folder::{options, refused, tree, with_classes};
use datasets::images::folder::load;
use datasets::{FolderOptions, Official};

fn with_table(table: &Path) -> FolderOptions {
    FolderOptions {
        labels: Some(table.to_owned()),
        ..options()
    }
}

#[test]
fn a_table_labels_the_pictures_of_a_folder() {
    let root = tree(&[
        "scans/1.png",
        "scans/2.png",
        "scans/3.png",
        "4.png",
        "5.png",
    ]);
    let table = root.path().join("labels.csv");
    let text = "\u{feff}Image ID;Diagnosis;Patient;Part;Weight\r\n\
        1;b;p;train;0,5\r\nscans\\2.png;a;q;test;2\r\n3.png;a;p;train;1\r\n4;b;r;test;1\r\n9.png;a;r;test;1\r\n";
    fs::write(&table, text).unwrap();
    let set = load(root.path(), &with_table(&table)).unwrap();
    assert_eq!(
        with_classes(&set),
        [
            ("4.png", "b"),
            ("scans/1.png", "b"),
            ("scans/2.png", "a"),
            ("scans/3.png", "a")
        ]
    );
    assert_eq!(set.annotations.groups, Some(vec![0, 1, 2, 1]));
    assert_eq!(set.annotations.weights, Some(vec![1.0, 0.5, 2.0, 1.0]));
    let parts: Vec<_> = set.origins.iter().map(|origin| origin.official).collect();
    let (train, test) = (Some(Official::Train), Some(Official::Test));
    assert_eq!(parts, [test, train, test, train]);
    let notes = set.notes.join("\n");
    for part in [
        "with patients and split and weights",
        "9.png",
        "the first is 5.png",
    ] {
        assert!(notes.contains(part), "{notes}");
    }
}

#[test]
fn a_table_of_labels_without_labels_is_refused() {
    let root = tree(&["scans/1.png", "scans/2.png"]);
    let table = root.path().join("labels.csv");
    fs::write(&table, "path,label\n1,1.0\n2,0.0\n").unwrap();
    let set = load(root.path(), &with_table(&table)).unwrap();
    assert_eq!(set.class_names, ["0", "1"]);
    assert!(set.annotations.groups.is_none() && set.annotations.weights.is_none());

    for (text, part) in [
        (
            "path,remark\n1,a\n",
            "no column of labels, but 'path', 'remark'",
        ),
        ("label\na\n", "no column of paths"),
        ("path,label\n1,\n2,a\n", "line 2: 1 has no label"),
        (
            "path,label\n1,a\nscans/1.png,b\n",
            "line 3: scans/1.png is on line 2 already",
        ),
        ("path,label\n7,a\n", "names no file"),
        (
            "path,label,split\n1,a,x\n",
            "line 2: 'x' is none of train, valid, test",
        ),
        (
            "path,label,weight\n1,a,0\n",
            "line 2: the weight 0 of 1 is not above 0",
        ),
        ("path,label\n1,a\n2,a\n", "only the folder a"),
    ] {
        fs::write(&table, text).unwrap();
        let error = refused(root.path(), &with_table(&table));
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
}
