//! BLEU and chrF2 against sacreBLEU 2.6.0 (`tests/reference/sacrebleu_scores.py` prints every number here).
#![allow(clippy::unwrap_used)]

use metrics::translation::bleu::{BleuCounts, tokenize};
use metrics::translation::chrf::ChrfCounts;

/// Translations and their references.
const SENTENCES: [(&str, &[&str]); 12] = [
    (
        "Le chat noir dort sur la table.",
        &["Le chat noir dort sur la table."],
    ),
    (
        "Le chien court dans le jardin.",
        &["Le chien rapide court vers le jardin."],
    ),
    (
        "Où est la gare ?",
        &["Où se trouve la gare\u{202f}?", "Où est la gare\u{202f}?"],
    ),
    (
        "Il a payé 3,50 euros pour 1.000 pages.",
        &["Il a payé 3,50 euros, pour 1.000 pages..."],
    ),
    ("", &["Rien du tout."]),
    ("Oui !", &["Oui !"]),
    (
        "Elle n'a pas vu l'homme-grenouille en 1999-2000.",
        &["Elle n'a pas vu l'homme en 1999 - 2000."],
    ),
    (
        "&quot;Tom &amp; Marie&quot; <skipped> sont (presque) là ; enfin...",
        &["\"Tom & Marie\" sont presque là ; enfin..."],
    ),
    ("le le le le le", &["le la le", "un le"]),
    ("Zut alors", &["Bonjour tout le monde"]),
    (
        "a@b.fr/x [1] {2} ~ `q` = 5%",
        &["a@b.fr/x [1] {2} ~ `q` = 5 %"],
    ),
    (
        "Ça va très bien, merci.",
        &["Je vais très bien, merci.", "Ça va bien."],
    ),
];

/// BLEU and chrF2 of each sentence by itself.
const SENTENCE_SCORES: [[f64; 2]; 12] = [
    [100.0, 100.0],
    [27.890_014_303_8, 53.261_013_882_7],
    [100.0, 100.0],
    [53.573_211_098_7, 83.787_010_105_9],
    [0.0, 0.0],
    [0.0, 100.0],
    [65.803_700_647_6, 87.101_847_060_4],
    [66.063_286_360_3, 52.088_006_438_4],
    [12.703_318_703_9, 24.368_496_139_6],
    [0.0, 6.319_920_091_3],
    [100.0, 100.0],
    [70.710_678_118_7, 71.250_852_381_3],
];

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-8, "{found} for {expected}");
}

#[test]
fn corpus_scores_agree_with_sacrebleu() {
    let bleu: BleuCounts = SENTENCES
        .iter()
        .map(|(translation, references)| BleuCounts::new(translation, references))
        .sum();
    assert_eq!(bleu.correct, [81, 63, 49, 38]);
    assert_eq!(bleu.total, [90, 79, 68, 59]);
    assert_eq!([bleu.length, bleu.reference_length], [90, 96]);
    assert_close(bleu.score(), 71.070_719_888_6);
    assert_close(bleu.brevity_penalty(), 0.935_506_985_0);
    let chrf: ChrfCounts = SENTENCES
        .iter()
        .map(|(translation, references)| ChrfCounts::new(translation, references))
        .sum();
    assert_close(chrf.score(), 69.554_570_675_0);
}

#[test]
fn corpus_scores_with_one_reference_agree_with_sacrebleu() {
    let firsts = || {
        SENTENCES
            .iter()
            .map(|(translation, all)| (translation, &all[..1]))
    };
    let bleu: BleuCounts = firsts()
        .map(|(translation, all)| BleuCounts::new(translation, all))
        .sum();
    assert_close(bleu.score(), 67.154_552_893_5);
    assert_close(bleu.brevity_penalty(), 0.925_169_997_0);
    let chrf: ChrfCounts = firsts()
        .map(|(translation, all)| ChrfCounts::new(translation, all))
        .sum();
    assert_close(chrf.score(), 66.452_896_743_8);
}

#[test]
fn sentence_scores_agree_with_sacrebleu() {
    for ((translation, references), [bleu, chrf]) in SENTENCES.iter().zip(SENTENCE_SCORES) {
        assert_close(BleuCounts::new(translation, references).score(), bleu);
        assert_close(ChrfCounts::new(translation, references).score(), chrf);
    }
}

#[test]
fn tokens_agree_with_mteval() {
    for (sentence, expected) in [
        (
            "Il a payé 3,50 euros, pour 1.000 pages...",
            "Il a payé 3,50 euros , pour 1.000 pages . . .",
        ),
        (
            SENTENCES[7].0,
            "\" Tom & Marie \" sont ( presque ) là ; enfin . . .",
        ),
        (SENTENCES[10].0, "a @ b . fr / x [ 1 ] { 2 } ~ ` q ` = 5 %"),
        (
            "Elle n'a pas vu l'homme en 1999-2000.",
            "Elle n'a pas vu l'homme en 1999 - 2000 .",
        ),
        ("", ""),
    ] {
        assert_eq!(tokenize(sentence), expected);
    }
}
