//! Bad input: `infer` must name it in one line and end with 1 (failed) or 2 (wrong arguments), and never with a panic.
//! To add a case, add a line to a table in `cases`.

mod cases;

use std::fs;

use cases::{ARGUMENTS, Case, MODELS, PICTURES, PLACES, SENTENCES};

use crate::stage::{Stage, outcome};

/// Creates a good picture, a good model, and everything bad.
fn stage() -> Stage {
    let stage = Stage::new();
    pictures(&stage);
    models(&stage);
    translators(&stage);
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

fn translators(stage: &Stage) {
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
}

/// Returns a PNG that declares a size and holds no pixels.
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

/// Computes the checksum of a PNG chunk (RFC 2083, appendix 15).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Returns a BMP that declares a size and holds no pixels.
fn bmp_of_size(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    bytes.extend([54u32, 0, 54, 40].map(u32::to_le_bytes).concat());
    bytes.extend([width, height].map(i32::to_le_bytes).concat());
    bytes.extend([1u16, 24].map(u16::to_le_bytes).concat());
    bytes.extend([0; 24]);
    bytes
}

/// Returns a safetensors file that consists of a header.
fn with_header(header: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header].concat()
}

/// Replaces the first occurrence of a part by another of the same length.
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

/// Checks that every case ends as it should: one line, and nothing on standard output.
fn check(cases: &[Case]) {
    let stage = stage();
    let mut wrong = Vec::new();
    for case in cases {
        let arguments: Vec<_> = case.arguments.split_whitespace().collect();
        let mut command = stage.infer(&arguments);
        command.write_stdin(case.stdin);
        let (code, stdout, stderr) = outcome(command);
        let named = case.names.iter().all(|name| stderr.contains(name));
        let fine = code == case.code
            && stdout.is_empty()
            && stderr.starts_with("infer: ")
            && stderr.trim_end().lines().count() == 1
            && !stderr.contains("panicked")
            && !stderr.contains("internal error")
            && named;
        if !fine {
            wrong.push(format!(
                "infer {}\n  code {code}, expected {}; to name: {:?}\n  stdout: {stdout:?}\n  stderr: {stderr:?}",
                case.arguments, case.code, case.names
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A card may name statistics that are not computed here: a distance would then mean nothing.
#[test]
fn a_model_with_unknown_statistics_is_refused() {
    let stage = Stage::new();
    stage.dot("a.png", 9);
    stage.dot_model("m", 1.0, |card| {
        let detector = models::OodDetector::fit(&["weight"], &[vec![1.0], vec![2.0]]).unwrap();
        card.calibration = Some(models::Calibration {
            temperature: 1.0,
            threshold: None,
            target_error: None,
            ood_detector: Some(models::OodDetector {
                limit: 3.0,
                ..detector
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
fn good_input_is_answered() {
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

/// A name with a line break or an escape sequence is still reported in one line.
#[test]
fn control_characters_in_names_are_replaced() {
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
fn names_that_are_not_utf8() {
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
