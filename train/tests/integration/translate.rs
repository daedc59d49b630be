//! `translate` on made-up sentences: what it leaves behind, that its figures can be worked out again from its table,
//! and that its model says the same again.

use crate::stage::{Stage, table};
use burn::tensor::Device;
use datasets::Preprocessing;
use datasets::text::batch::padded;
use datasets::text::vocabulary::{END, PADDING, START};
use metrics::translation::bleu::BleuCounts;
use metrics::translation::chrf::ChrfCounts;
use models::translator::{self, Search, Sentences};
use models::{Predictor, file};
use serde_json::Value;

/// Both crates mean the same by the tokens that are no text.
const _: () =
    assert!(PADDING == translator::PADDING && START == translator::START && END == translator::END);

const FIELDS: [&str; 25] = [
    "/format",
    "/experiment",
    "/recipe/label_smoothing",
    "/recipe/clip_norm",
    "/data/groups",
    "/data/leaking",
    "/text/max_words",
    "/text/too_long",
    "/text/repeated",
    "/text/source_tokens",
    "/text/target_tokens",
    "/train/n",
    "/train/loss",
    "/train/cross_entropy",
    "/valid/perplexity",
    "/test/n",
    "/test/tokens",
    "/test/cross_entropy",
    "/test/perplexity",
    "/test/searches/0/bleu",
    "/test/searches/1/chrf",
    "/test/searches/1/bleu_interval/0",
    "/test/searches/1/bleu_all_references",
    "/seconds/per_epoch/0",
    "/parameters",
];

#[test]
fn a_run_is_whole_and_its_figures_are_those_of_its_table() {
    let stage = Stage::new();
    let said = stage.trained(
        "translate --generated --stand-ins 1500 --epochs 4 --batch-size 32 --seed 3 --device flex --json --teacher-forcing 0.8",
    );
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    for field in FIELDS {
        assert!(
            result.pointer(field).is_some_and(|value| !value.is_null()),
            "{field}"
        );
    }
    let run = "runs/translate-1";
    for file in [
        "translations.csv",
        "attention-1.svg",
        "attention-1.png",
        "curves.svg",
        "card.md",
        "samples/sentences.txt",
    ] {
        assert!(stage.path(&format!("{run}/{file}")).is_file(), "{file}");
    }
    let card = std::fs::read_to_string(stage.path(&format!("{run}/card.md"))).unwrap();
    for part in ["Not for", "BLEU", "| leakage |", "attention-1.png"] {
        assert!(card.contains(part), "{part} is missing:\n{card}");
    }
    assert_eq!(result["data"]["leaking"], 0);
    // A chance network has a perplexity of the number of tokens.
    let perplexity = result["test"]["perplexity"].as_f64().unwrap();
    assert!(perplexity < 10.0, "{perplexity}");
    let cross_entropy = result["test"]["cross_entropy"].as_f64().unwrap();
    assert!((perplexity - cross_entropy.exp()).abs() < 1e-9);

    let rows = table(&stage.path(&format!("{run}/translations.csv")));
    assert_eq!(result["test"]["n"], rows.len());
    for (place, column) in ["greedy", "beam"].into_iter().enumerate() {
        let bleu: BleuCounts = (rows.iter())
            .map(|row| BleuCounts::new(&row[column], &[&row["reference"]]))
            .sum();
        let chrf: ChrfCounts = (rows.iter())
            .map(|row| ChrfCounts::new(&row[column], &[&row["reference"]]))
            .sum();
        let search = &result["test"]["searches"][place];
        assert!((search["bleu"].as_f64().unwrap() - bleu.score()).abs() < 1e-9);
        assert!((search["chrf"].as_f64().unwrap() - chrf.score()).abs() < 1e-9);
        let [low, high] = [0, 1].map(|end| search["bleu_interval"][end].as_f64().unwrap());
        assert!(low <= bleu.score() && bleu.score() <= high);
    }

    let model = stage.path(&format!("{run}/model.safetensors"));
    let device = Device::flex();
    let (card, predictor) = file::load::<Preprocessing>(&model, &device).unwrap();
    let (Preprocessing::Sentences(languages), Predictor::Translator(network)) =
        (card.preprocess, predictor)
    else {
        panic!("no translator");
    };
    for row in rows.iter().take(10) {
        let mut tokens = languages.source.encode(&row["english"]);
        tokens.push(END);
        let source = Sentences {
            lengths: vec![tokens.len()],
            tokens: padded(&[tokens], &device),
        };
        let greedy = &network.translate(&source, &Search::greedy(60))[0][0];
        assert_eq!(languages.target.decode(&greedy.tokens), row["greedy"]);
    }
}

/// From one seed the same network, in one go or with a pause.
#[test]
fn a_run_goes_on_where_it_stopped() {
    let stage = Stage::new();
    let options = "--generated --stand-ins 300 --batch-size 32 --seed 3 --device flex --json --schedule constant";
    let whole = stage.trained(&format!("translate {options} --epochs 2"));
    stage.trained(&format!("translate {options} --epochs 1"));
    let rest = stage.trained("--resume runs/translate-2 --epochs 2 --device flex --json");
    let loss = |text: &str| {
        let result: Value = serde_json::from_str(text).unwrap();
        result["valid"]["cross_entropy"].as_f64().unwrap()
    };
    let (whole, rest) = (loss(&whole.stdout), loss(&rest.stdout));
    // Dropout draws other masks after a pause.
    assert!((whole - rest).abs() < 0.2 * whole, "{whole} and {rest}");
}
