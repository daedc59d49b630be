//! The files that the cases name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use datasets::synthetic;
use serde_json::{Value, json};

use crate::stage::Stage;

/// One good set of digits, one good folder of scans, one finished run, and what is wrong with others.
pub(super) fn stage() -> Stage {
    let stage = Stage::new();
    stage.write("file", "This is no folder.\n");
    fs::create_dir(stage.path("none")).unwrap();
    digits(&stage);
    scans(&stage);
    stage
}

type Files = BTreeMap<&'static str, Vec<u8>>;

/// An IDX file: the big-endian header, then the bytes.
fn idx(header: &[u32], bytes: &[u8]) -> Vec<u8> {
    let header: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    [&header, bytes].concat()
}

/// Four of each digit to train on, one of each to test.
fn good_digits() -> Files {
    let images = |count: u32| {
        let set = synthetic::digits(count as usize, 1);
        idx(&[0x803, count, 28, 28], &set.pixels)
    };
    let labels = |count: u32| {
        let labels: Vec<u8> = (0..count).map(|label| (label % 10) as u8).collect();
        idx(&[0x801, count], &labels)
    };
    BTreeMap::from([
        ("train-images-idx3-ubyte", images(40)),
        ("train-labels-idx1-ubyte", labels(40)),
        ("t10k-images-idx3-ubyte", images(10)),
        ("t10k-labels-idx1-ubyte", labels(10)),
    ])
}

fn digits(stage: &Stage) {
    let write = |folder: &str, change: &dyn Fn(&mut Files)| {
        let mut files = good_digits();
        change(&mut files);
        for (name, content) in files {
            stage.write(&format!("{folder}/{name}"), content);
        }
    };
    write("good", &|_| {});
    write("short", &|files| {
        files
            .get_mut("train-images-idx3-ubyte")
            .unwrap()
            .truncate(5000);
    });
    write("magic", &|files| {
        files.get_mut("t10k-labels-idx1-ubyte").unwrap()[3] = 3;
    });
    write("counts", &|files| {
        let labels: Vec<u8> = (0..39).map(|label| label % 10).collect();
        files.insert("train-labels-idx1-ubyte", idx(&[0x801, 39], &labels));
    });
    write("label", &|files| {
        files.get_mut("train-labels-idx1-ubyte").unwrap()[8 + 5] = 17;
    });
    write("size", &|files| {
        files.get_mut("train-images-idx3-ubyte").unwrap()[15] = 29;
    });
    write("longer", &|files| {
        files.get_mut("t10k-labels-idx1-ubyte").unwrap().push(0);
    });
    write("garbage", &|files| {
        let garbage = [&[0x1f, 0x8b, 8, 0][..], &[0xff; 60]].concat();
        files.insert("train-images-idx3-ubyte", garbage);
    });
    write("alike", &|files| {
        files.insert("train-labels-idx1-ubyte", idx(&[0x801, 40], &[7; 40]));
        files.insert("t10k-labels-idx1-ubyte", idx(&[0x801, 10], &[7; 10]));
    });
    write("few", &|files| {
        let pixels = vec![0; 28 * 28];
        files.insert("train-images-idx3-ubyte", idx(&[0x803, 1, 28, 28], &pixels));
        files.insert("train-labels-idx1-ubyte", idx(&[0x801, 1], &[0]));
    });
}

fn scans(stage: &Stage) {
    let write = |folder: &str| {
        synthetic::write_phantoms(&stage.path(folder), 4, 1).unwrap();
    };
    write("scans");
    write("one");
    for class in ["meningioma_tumor", "no_tumor", "pituitary_tumor"] {
        fs::remove_dir_all(stage.path("one").join(class)).unwrap();
    }
    write("empty");
    fs::create_dir(stage.path("empty/nothing")).unwrap();
    write("broken");
    for name in ["a.png", "b.jpg"] {
        stage.write(
            &format!("broken/unreadable/{name}"),
            "This is no picture.\n",
        );
    }
    write("torn");
    let whole = first_file(&stage.path("torn/no_tumor"));
    stage.write("torn/no_tumor/torn.png", &whole[..whole.len() / 2]);
    write("scarce");
    stage.write("scarce/rare/only.png", whole);
}

/// Tables about the pictures of `scans`, most of them wrong.
pub(super) fn tables(stage: &Stage) {
    let mut pictures = Vec::new();
    for class in fs::read_dir(stage.path("scans")).unwrap() {
        let class = class.unwrap();
        for file in fs::read_dir(class.path()).unwrap() {
            let names = [class.file_name(), file.unwrap().file_name()];
            pictures.push(names.map(|name| name.into_string().unwrap()).join("/"));
        }
    }
    let one: String = pictures
        .iter()
        .map(|path| format!("{path},Ada\n"))
        .collect();
    stage.write("one.csv", format!("path,patient\n{one}"));
    stage.write("short.csv", format!("path,patient\n{},Ada\n", pictures[0]));
    stage.write("stranger.csv", "path,patient\nx/y.png,Ada\n");
    stage.write("empty.csv", "");
    stage.write("hostile.csv", b"path,patient\n\xff\xfe\x00,\"\n");
    stage.write("other.csv", "path,sha256,group,split\na/b.png,00,0,train\n");
}

fn first_file(folder: &Path) -> Vec<u8> {
    let entry = fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    fs::read(entry.path()).unwrap()
}

/// A finished run, and damaged copies of it.
pub(super) fn runs(stage: &Stage) {
    stage.trained("mnist-mlp --generated --stand-ins 80 --epochs 1 --device flex --no-tui");
    fs::rename(stage.path("runs/mnist-mlp-1"), stage.path("runs/done")).unwrap();
    fs::remove_file(stage.path("runs/latest")).unwrap();
    let copy = |name: &str| copy_folder(&stage.path("runs/done"), &stage.path("runs").join(name));
    let config = |name: &str, change: &dyn Fn(&mut Value)| {
        copy(name);
        let mut config = stage.json("runs/done/config.json");
        change(&mut config);
        stage.write(&format!("runs/{name}/config.json"), config.to_string());
    };
    config("older", &|config| {
        config.as_object_mut().unwrap().remove("recipe");
    });
    config("hostile", &|config| {
        config["recipe"]["batch_size"] = json!(0)
    });
    config("unknown", &|config| {
        config["experiment"] = json!("mnist-xyz")
    });
    config("moved", &|config| {
        config["data"]["generated"] = json!(false);
        config["data"]["folder"] = json!("vanished");
    });
    for name in ["garbled", "longer", "torn", "logless", "mislogged"] {
        copy(name);
    }
    // Checkpoints of the first versions hold no progress: it is that of the log.
    for name in ["logless", "mislogged"] {
        let progress = format!("runs/{name}/checkpoint/epoch-1/progress.cbor");
        fs::remove_file(stage.path(&progress)).unwrap();
    }
    stage.trained("--resume runs/longer --epochs 2 --device flex --no-tui");
    fs::remove_file(stage.path("runs/latest")).unwrap();
    stage.write("runs/garbled/config.json", "{\"experiment\": \"mnist-ml");
    let part = stage.path("runs/torn/checkpoint/epoch-1/network.bpk");
    let whole = fs::read(&part).unwrap();
    fs::write(part, &whole[..whole.len() / 3]).unwrap();
    fs::remove_file(stage.path("runs/logless/log.jsonl")).unwrap();
    stage.write("runs/mislogged/log.jsonl", "epoch one\n");
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
