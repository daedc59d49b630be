//! Bad input, one line each: `infer` must name it in one line and end with 1 (failed) or 2 (wrong
//! arguments), and never with a panic. To add a case, add a line to a table.

use std::fs;

use crate::stage::{Stage, outcome};

/// One bad input.
struct Case {
    /// The arguments after `infer`.
    arguments: &'static str,
    /// What comes from standard input.
    stdin: &'static [u8],
    /// The exit code.
    code: i32,
    /// What the one line must name.
    names: &'static [&'static str],
}

const fn case(arguments: &'static str, code: i32, names: &'static [&'static str]) -> Case {
    Case {
        arguments,
        stdin: b"",
        code,
        names,
    }
}

/// Wrong arguments, on a stage where everything else is right.
const ARGUMENTS: &[Case] = &[
    case("", 2, &["no input", "--help"]),
    case("good.png --top 0", 2, &["--top", "at least 1"]),
    case("good.png --top -1", 2, &["-1"]),
    case("good.png --top three", 2, &["three", "--top"]),
    case(
        "good.png --top 99999999999999999999",
        2,
        &["99999999999999999999"],
    ),
    case("good.png --device abacus", 2, &["abacus", "flex"]),
    case("good.png --device flex:1", 2, &["flex:1"]),
    case("good.png --device wgpu:x", 2, &["wgpu:x"]),
    case("good.png --device", 2, &["--device"]),
    case("good.png --model", 2, &["--model"]),
    case("good.png --bogus", 2, &["--bogus"]),
    case("good.png --strict=yes", 2, &["--strict"]),
    case("- -", 2, &["standard input"]),
    case("good.png --json --csv -", 2, &["--csv", "--json"]),
    case("good.png --json --codes -", 2, &["--codes", "--json"]),
    case("good.png --csv - --codes -", 2, &["--codes", "--csv"]),
    case("good.png --codes codes.csv", 2, &["--codes", "classifier"]),
    case(
        "good.png --reconstructions back",
        2,
        &["--reconstructions", "classifier"],
    ),
    case(
        "good.png --model back.safetensors --top 3",
        2,
        &["--top", "back.safetensors", "autoencoder"],
    ),
];

/// Sentences that are none, and what means nothing to translators or to others.
const SENTENCES: &[Case] = &[
    case("--text hello", 2, &["--text", "model.safetensors"]),
    case(
        "good.png --attention a.svg",
        2,
        &["--attention", "a classifier of pictures"],
    ),
    case(
        "--text hello --model fr.safetensors --show",
        2,
        &["--show", "translator"],
    ),
    case(
        "--text hello --model fr.safetensors --codes c.csv",
        2,
        &["--codes", "translator"],
    ),
    case(
        "--text hello --model fr.safetensors --top 101",
        2,
        &["--top 101", "100"],
    ),
    case(
        "two.txt --model fr.safetensors --attention a.svg",
        2,
        &["--attention", "there are 2"],
    ),
    case(
        "--text= --model fr.safetensors",
        1,
        &["--text", "no sentence"],
    ),
    case(
        "missing.txt --model fr.safetensors",
        1,
        &["cannot read missing.txt"],
    ),
    case(
        "folder --model fr.safetensors",
        1,
        &["folder is a folder", "a sentence on each line"],
    ),
    case(
        "empty.png --model fr.safetensors",
        1,
        &["empty.png is empty"],
    ),
    case(
        "latin1.txt --model fr.safetensors",
        1,
        &["latin1.txt:2", "UTF-8"],
    ),
    case(
        "good.png --model fr.safetensors",
        1,
        &["good.png:1", "UTF-8"],
    ),
    case(
        "endless.txt --model fr.safetensors",
        1,
        &["endless.txt:1", "200 words", "at most 100"],
    ),
    case(
        "word.txt --model fr.safetensors",
        1,
        &["word.txt:1", "1 words and 5000 bytes"],
    ),
    case(
        "two.txt missing.txt --model fr.safetensors --strict",
        1,
        &["missing.txt"],
    ),
    case("- --model fr.safetensors", 1, &["standard input is empty"]),
    Case {
        arguments: "- --model fr.safetensors",
        stdin: b"caf\xe9",
        code: 1,
        names: &["standard input:1", "UTF-8"],
    },
    case(
        "--text hello --model fr.safetensors --attention good.png/a.svg",
        1,
        &["good.png", "--attention"],
    ),
    case(
        "--text hello --model fr.safetensors --attention folder",
        1,
        &["folder", "--attention"],
    ),
    case(
        "--text hello --model words.safetensors",
        1,
        &["words.safetensors", "at most 0 words"],
    ),
    case(
        "--text hello --model mute.safetensors",
        1,
        &["mute.safetensors", "its vocabulary has 259"],
    ),
    case(
        "--text hello --model deaf.safetensors",
        1,
        &["deaf.safetensors", "a vocabulary of 259"],
    ),
    case(
        "--text hello --model torn.safetensors",
        1,
        &["torn.safetensors"],
    ),
];

/// Pictures that are none.
const PICTURES: &[Case] = &[
    case("missing.png", 1, &["missing.png"]),
    case("no/such/folder", 1, &["no/such/folder"]),
    case("good.png/inside.png", 1, &["good.png/inside.png"]),
    case("empty.png", 1, &["empty.png", "empty"]),
    case("folder", 1, &["folder", "no picture"]),
    case("hidden", 1, &["hidden", "no picture"]),
    case("text.png", 1, &["text.png", "not a picture"]),
    case("truncated.png", 1, &["truncated.png"]),
    case("truncated.jpg", 1, &["truncated.jpg", "truncated"]),
    case("truncated.gif", 1, &["truncated.gif"]),
    case("signature.png", 1, &["signature.png"]),
    case("bomb.png", 1, &["bomb.png", "pixels"]),
    case("bomb.bmp", 1, &["bomb.bmp"]),
    case("zeros.jpg", 1, &["zeros.jpg"]),
    case(
        "model.safetensors",
        1,
        &["model.safetensors", "not a picture"],
    ),
    case("-", 1, &["standard input", "empty"]),
    Case {
        arguments: "-",
        stdin: b"no picture at all",
        code: 1,
        names: &["standard input", "not a picture"],
    },
    case("good.png missing.png --strict", 1, &["missing.png"]),
    case("text.png --json --strict", 1, &["text.png"]),
];

/// Models that are none.
const MODELS: &[Case] = &[
    case(
        "good.png --model missing.safetensors",
        1,
        &["missing.safetensors"],
    ),
    case("good.png --model no/such/model", 1, &["no/such/model"]),
    case("good.png --model good.png", 1, &["good.png"]),
    case("good.png --model empty.png", 1, &["empty.png"]),
    case("good.png --model text.png", 1, &["text.png"]),
    case(
        "good.png --model truncated.safetensors",
        1,
        &["truncated.safetensors"],
    ),
    case(
        "good.png --model header.safetensors",
        1,
        &["header.safetensors"],
    ),
    case(
        "good.png --model huge.safetensors",
        1,
        &["huge.safetensors"],
    ),
    case(
        "good.png --model version.safetensors",
        1,
        &["version.safetensors", "9"],
    ),
    case(
        "good.png --model cardless.safetensors",
        1,
        &["cardless.safetensors", "card"],
    ),
    case(
        "good.png --model twins.safetensors",
        1,
        &["twins.safetensors", "twice"],
    ),
    case(
        "good.png --model misfit.safetensors",
        1,
        &["misfit.safetensors", "28"],
    ),
    case(
        "good.png --model endless.safetensors",
        1,
        &["endless.safetensors", "finite"],
    ),
    case(
        "good.png --model unscaled.safetensors",
        1,
        &["unscaled.safetensors", "std"],
    ),
    case(
        "good.png --model unfinished",
        1,
        &["unfinished", "not finished"],
    ),
    case(
        "good.png --model runs/unfinished",
        1,
        &["unfinished", "not finished"],
    ),
    case("good.png --model mnist-9", 1, &["mnist-9"]),
    case(
        "good.png --model raw.safetensors",
        1,
        &["raw.safetensors", "values of 0 to 1"],
    ),
    case(
        "good.png --model large.safetensors",
        1,
        &["large.safetensors", "[1, 1, 2]"],
    ),
    case(
        "good.png --model latest --runs nowhere",
        1,
        &["nowhere", "cargo run -p train"],
    ),
    case("good.png --runs stale", 1, &["stale", "gone-1"]),
    case("good.png --runs blank", 1, &["blank", "empty"]),
];

/// Places that cannot be written.
const PLACES: &[Case] = &[
    case(
        "good.png --csv no/such/folder/a.csv",
        1,
        &["no/such/folder"],
    ),
    case("good.png --csv folder", 1, &["folder", "--csv"]),
    case("good.png --csv good.png/a.csv", 1, &["good.png"]),
    case(
        "good.png --model back.safetensors --codes folder",
        1,
        &["folder", "--codes"],
    ),
    case(
        "good.png --model back.safetensors --reconstructions good.png",
        1,
        &["good.png", "--reconstructions"],
    ),
    case(
        "good.png --model back.safetensors --reconstructions good.png/in",
        1,
        &["good.png/in", "--reconstructions"],
    ),
];

/// A picture and a model that are right, and everything else that is wrong.
fn stage() -> Stage {
    let stage = Stage::new();
    pictures(&stage);
    models(&stage);
    stage
}

fn pictures(stage: &Stage) {
    let good = fs::read(stage.digit("good.png", 3)).unwrap();
    stage.write("truncated.png", &good[..good.len() / 2]);
    stage.write("signature.png", &good[..8]);
    for name in ["truncated.jpg", "truncated.gif"] {
        let whole = fs::read(stage.colours(name, 1)).unwrap();
        stage.write(name, &whole[..whole.len() / 2]);
    }
    stage.write("empty.png", "");
    stage.write("text.png", "This is no picture.\n");
    stage.write("zeros.jpg", vec![0; 4096]);
    stage.write("folder/notes.txt", "No picture here.\n");
    stage.write("hidden/.good.png", &good);
    stage.write("bomb.png", png_of_size(60_000, 60_000));
    stage.write("bomb.bmp", bmp_of_size(i32::MAX, i32::MAX));
}

fn models(stage: &Stage) {
    let path = stage.digit_model("model.safetensors", |_| {});
    stage.digit_model("runs/mnist-1/model.safetensors", |_| {});
    stage.write("runs/latest", "mnist-1");
    stage.dot_autoencoder("back.safetensors", |_| {});
    stage.dot_autoencoder("raw.safetensors", |card| {
        card.preprocess.scaling = datasets::Scaling::Raw;
    });
    stage.dot_autoencoder("large.safetensors", |card| card.preprocess.width = 2);
    let translator = stage.translator("fr.safetensors", |_| {});
    let bytes = datasets::Languages::bytes(10).unwrap();
    stage.translator("words.safetensors", |card| card.preprocess.max_words = 0);
    stage.translator("mute.safetensors", |card| {
        card.preprocess.target = bytes.target.clone();
    });
    stage.translator("deaf.safetensors", |card| {
        card.preprocess.source = bytes.source.clone();
    });
    let whole = fs::read(translator).unwrap();
    // The last token, which no merge makes any more.
    stage.write(
        "torn.safetensors",
        replaced(
            &whole,
            br#"[\"<padding>\",\"<start>\""#,
            br#"[\"<padding>\",\"<starT>\""#,
        ),
    );
    stage.write("two.txt", "The cat sees the dog.\n\nDoes a boy draw her?\n");
    stage.write("latin1.txt", b"fine\ncaf\xe9\n");
    stage.write("endless.txt", "word ".repeat(200));
    stage.write("word.txt", "w".repeat(5_000));
    stage.write("runs/unfinished/log.jsonl", "{}\n");
    stage.write("stale/latest", "gone-1");
    stage.write("blank/latest", "\n");

    let whole = fs::read(path).unwrap();
    stage.write("truncated.safetensors", &whole[..whole.len() - 5]);
    stage.write("header.safetensors", &whole[..40]);
    let huge = [&u64::MAX.to_le_bytes()[..], &whole[8..]].concat();
    stage.write("huge.safetensors", huge);
    stage.write(
        "cardless.safetensors",
        with_header(br#"{"__metadata__":{"made":"by hand"}}"#),
    );
    stage.write(
        "version.safetensors",
        replaced(
            &whole,
            br#"\"format_version\":1"#,
            br#"\"format_version\":9"#,
        ),
    );
    stage.write(
        "endless.safetensors",
        [&whole[..whole.len() - 4], &f32::NAN.to_le_bytes()[..]].concat(),
    );
    stage.digit_model("twins.safetensors", |card| card.class_names[1] = "0".into());
    stage.colour_model("misfit.safetensors", |card| card.preprocess.width = 28);
    stage.colour_model("unscaled.safetensors", |card| {
        card.preprocess.scaling = datasets::Scaling::Standardize {
            mean: vec![0.0; 3],
            std: vec![0.0; 3],
        };
    });
}

/// A PNG that announces a size and holds nothing.
fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    header.extend([8, 2, 0, 0, 0]);
    let crc = crc32(&header).to_be_bytes();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &13u32.to_be_bytes(),
        &header,
        &crc,
    ]
    .concat()
}

/// The checksum of a PNG chunk (RFC 2083, appendix 15).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A BMP that announces a size and holds nothing.
fn bmp_of_size(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    bytes.extend([54u32, 0, 54, 40].map(u32::to_le_bytes).concat());
    bytes.extend([width, height].map(i32::to_le_bytes).concat());
    bytes.extend([1u16, 24].map(u16::to_le_bytes).concat());
    bytes.extend([0; 24]);
    bytes
}

/// A safetensors file that is all header.
fn with_header(header: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header].concat()
}

/// The bytes with a part replaced by another of the same length, where it stands first.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut at = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from);
    let (start, _) = at.next().expect("the part to replace");
    let mut changed = bytes.to_vec();
    changed[start..start + to.len()].copy_from_slice(to);
    changed
}

/// Every case of the table ends as it says: one line, nothing on standard output.
fn check(cases: &[Case]) {
    let stage = stage();
    let mut wrong = Vec::new();
    for case in cases {
        let arguments: Vec<_> = case.arguments.split_whitespace().collect();
        let mut command = stage.infer(&arguments);
        command.write_stdin(case.stdin);
        let (code, stdout, stderr) = outcome(command);
        let told = case.names.iter().all(|name| stderr.contains(name));
        let fine = code == case.code
            && stdout.is_empty()
            && stderr.starts_with("infer: ")
            && stderr.trim_end().lines().count() == 1
            && !stderr.contains("panicked")
            && !stderr.contains("internal error")
            && told;
        if !fine {
            wrong.push(format!(
                "infer {}\n  code {code}, expected {}; to name: {:?}\n  stdout: {stdout:?}\n  stderr: {stderr:?}",
                case.arguments, case.code, case.names
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A card may name statistics that are not computed here: a distance would mean nothing.
#[test]
fn a_model_that_measures_something_else_is_refused() {
    let stage = Stage::new();
    stage.dot("a.png", 9);
    stage.dot_model("m", 1.0, |card| {
        let looks = models::OodDetector::fit(&["weight"], &[vec![1.0], vec![2.0]]).unwrap();
        card.calibration = Some(models::Calibration {
            temperature: 1.0,
            threshold: None,
            target_error: None,
            ood_detector: Some(models::OodDetector {
                limit: 3.0,
                ..looks
            }),
        });
    });
    let (code, stdout, stderr) = outcome(stage.infer(&["a.png", "--model", "m"]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains("statistics that this version of Hebb does not know"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn the_good_ones_are_good() {
    let stage = stage();
    let (code, stdout, stderr) = outcome(stage.infer(&["good.png"]));
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
}

#[test]
fn wrong_arguments() {
    check(ARGUMENTS);
}

#[test]
fn bad_pictures() {
    check(PICTURES);
}

#[test]
fn bad_sentences() {
    check(SENTENCES);
}

#[test]
fn bad_models() {
    check(MODELS);
}

#[test]
fn bad_places() {
    check(PLACES);
}

/// A name that holds a line break or an escape sequence is still told in one line.
#[test]
fn odd_names_stay_in_one_line() {
    let stage = stage();
    for name in ["two\nlines.png", "\u{1b}[2Jclear.png", "\u{202e}gnp.png"] {
        let (code, stdout, stderr) = outcome(stage.infer(&[name]));
        assert_eq!((code, stdout.as_str()), (1, ""), "{name:?}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr:?}");
        assert!(!stderr.contains('\u{1b}'), "{stderr:?}");
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let stage = stage();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.png");
    let mut command = stage.infer(&[]);
    command.arg(name);
    let (code, _, stderr) = outcome(command);
    assert_eq!((code, stderr.lines().count()), (1, 1), "{stderr}");

    fs::copy(stage.path("good.png"), stage.path("").join(name)).unwrap();
    let mut command = stage.infer(&[]);
    command.arg(name);
    let (code, stdout, stderr) = outcome(command);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
}
