//! BLEU and chrF2 against sacreBLEU 2.6.0 (`tests/reference/sacrebleu_scores.py` prints every number here).
#![allow(clippy::unwrap_used)]

use metrics::translation::bleu::{BleuCounts, tokenize};
use metrics::translation::chrf::ChrfCounts;

/// What was said, and the references.
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

/// BLEU and chrF2 of each sentence alone.
const ALONE: [[f64; 2]; 12] = [
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
fn a_corpus_is_scored_as_sacrebleu_scores_it() {
    let bleu: BleuCounts = SENTENCES
        .iter()
        .map(|(said, references)| BleuCounts::of(said, references))
        .sum();
    assert_eq!(bleu.correct, [81, 63, 49, 38]);
    assert_eq!(bleu.total, [90, 79, 68, 59]);
    assert_eq!([bleu.length, bleu.reference_length], [90, 96]);
    assert_close(bleu.score(), 71.070_719_888_6);
    assert_close(bleu.brevity_penalty(), 0.935_506_985_0);
    let chrf: ChrfCounts = SENTENCES
        .iter()
        .map(|(said, references)| ChrfCounts::of(said, references))
        .sum();
    assert_close(chrf.score(), 69.554_570_675_0);
}

#[test]
fn so_is_a_corpus_with_one_reference() {
    let firsts = || SENTENCES.iter().map(|(said, all)| (said, &all[..1]));
    let bleu: BleuCounts = firsts().map(|(said, all)| BleuCounts::of(said, all)).sum();
    assert_close(bleu.score(), 67.154_552_893_5);
    assert_close(bleu.brevity_penalty(), 0.925_169_997_0);
    let chrf: ChrfCounts = firsts().map(|(said, all)| ChrfCounts::of(said, all)).sum();
    assert_close(chrf.score(), 66.452_896_743_8);
}

#[test]
fn so_is_each_sentence() {
    for ((said, references), [bleu, chrf]) in SENTENCES.iter().zip(ALONE) {
        assert_close(BleuCounts::of(said, references).score(), bleu);
        assert_close(ChrfCounts::of(said, references).score(), chrf);
    }
}

#[test]
fn sentences_are_cut_as_mteval_cuts_them() {
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
