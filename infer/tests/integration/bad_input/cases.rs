//! The cases: bad inputs, each with what `infer` must answer.

/// One bad input.
pub struct Case {
    /// Arguments after `infer`.
    pub arguments: &'static str,
    /// Standard input.
    pub stdin: &'static [u8],
    /// Exit code.
    pub code: i32,
    /// Parts of the one line on standard error.
    pub names: &'static [&'static str],
}

const fn case(arguments: &'static str, code: i32, names: &'static [&'static str]) -> Case {
    Case {
        arguments,
        stdin: b"",
        code,
        names,
    }
}

/// Wrong arguments where everything else is right.
pub const ARGUMENTS: &[Case] = &[
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

/// Bad sentences, and options that do not apply to a translator or to another model.
pub const SENTENCES: &[Case] = &[
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

/// Files that are not pictures.
pub const PICTURES: &[Case] = &[
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

/// Files that are not models, and models that contradict themselves.
pub const MODELS: &[Case] = &[
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
pub const PLACES: &[Case] = &[
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
