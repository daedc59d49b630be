//! Sentence pairs: reading, groups, tokens, batches, and the made-up ones.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor};
use datasets::text::batch::{self, BATCH_TOKENS, Forcing};
use datasets::text::vocabulary::{END, MIN_TOKENS, PADDING, START};
use datasets::text::{Vocabulary, pairs, word_count};
use datasets::{
    Dataset, Languages, PairBatch, PairSet, Preprocessing, TrainingLoader, split, synthetic,
};
use proptest::prelude::*;

/// A set from the lines of a table.
fn read(content: &[u8], max_words: usize) -> datasets::Result<PairSet> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(pairs::PAIRS_FILE), content).unwrap();
    pairs::load(folder.path(), max_words)
}

#[test]
fn two_columns_are_read_and_others_are_not_looked_at() {
    let table =
        "\u{feff}Go.\tVa !\tCC-BY 2.0\tmore\r\n\nHi\u{a0}there.\tSalut\u{202f}!\nGo.\tVa !\n";
    let set = read(table.as_bytes(), 10).unwrap();
    assert_eq!(
        set.pairs,
        [["Go.", "Va !"], ["Hi there.", "Salut !"]].map(|pair| pair.map(str::to_owned))
    );
    let paths: Vec<&str> = set.origins.iter().map(|origin| &*origin.path).collect();
    assert_eq!(paths, ["fra.txt:1", "fra.txt:3"]);
    assert_eq!((set.repeated, set.too_long), (1, 0));
}

#[test]
fn long_sentences_are_left_out_and_counted() {
    let set = read(b"a b c\tx\na b c d\tx\na\tx x x x x x x\n", 3).unwrap();
    assert_eq!((set.len(), set.too_long), (1, 2));
}

#[test]
fn what_is_no_pair_is_named_by_its_line() {
    let long = [b"Go.\tVa !\n".to_vec(), vec![b'x'; 20_000]].concat();
    let cases: [(&[u8], &[&str]); 8] = [
        (b"Go.\tVa !\nHi.\n", &["fra.txt", "line 2", "no tab"]),
        (b"\tVa !\n", &["line 1", "the English side is empty"]),
        (b"Go.\t \t\n", &["line 1", "the French side is empty"]),
        (
            b"Go.\tVa !\n\n\xff\xfe\n",
            &["line 3", "not UTF-8 from byte 1"],
        ),
        (&long, &["line 2", "longer than 16384 bytes"]),
        (b"", &["fra.txt", "none of its 0 pairs", "--max-words"]),
        (b"a b c d e\tx\n", &["none of its 1 pairs"]),
        (b"\x00\x01\x02", &["line 1", "no tab"]),
    ];
    for (content, parts) in cases {
        let message = read(content, 4).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    let missing = pairs::load(&tempfile::tempdir().unwrap().path().join("no"), 4);
    assert!(missing.unwrap_err().to_string().contains("fra.txt"));
}

#[test]
fn pairs_that_share_a_sentence_are_one_group_however_it_is_written() {
    let table = "Go!\tVa !\ngo\tAllez !\nRun\tallez...\nRun  away\tFuis\n?!\tQuoi\n?\tHein\n";
    let groups = read(table.as_bytes(), 10).unwrap().groups();
    assert_eq!(groups[..3], [groups[0]; 3]);
    let others: HashSet<usize> = groups[2..].iter().copied().collect();
    assert_eq!(others.len(), 4);
}

/// No sentence of either language is on two sides of a split by groups.
#[test]
fn a_grouped_split_has_no_sentence_on_two_sides() {
    let set = synthetic::sentence_pairs(3_000, 1).unwrap();
    let metadata = set.metadata();
    let split = split::grouped(metadata.labels, &set.groups(), 0.1, 0.2, 1).unwrap();
    assert!(split.leaking().iter().all(|leaks| !leaks));
    for side in 0..2 {
        let of = |part: &[usize]| -> HashSet<String> {
            part.iter()
                .map(|&index| set.pairs[index][side].clone())
                .collect()
        };
        let (train, valid, test) = (of(&split.train), of(&split.valid), of(&split.test));
        assert!(train.is_disjoint(&test) && train.is_disjoint(&valid) && valid.is_disjoint(&test));
    }
}

fn vocabulary(count: usize) -> Vocabulary {
    let set = synthetic::sentence_pairs(2_000, 3).unwrap();
    let sentences: Vec<String> = set.pairs.into_iter().map(|[_, french]| french).collect();
    Vocabulary::learn(sentences.iter().map(|sentence| &**sentence), count).unwrap()
}

#[test]
fn frequent_words_are_one_token_each_and_the_same_sentences_give_the_same_tokens() {
    let learned = vocabulary(600);
    assert_eq!(learned, vocabulary(600));
    let tokens = learned.encode("Le chat noir voit une souris.");
    assert_eq!(tokens.len(), 7, "{tokens:?}");
    assert_eq!(learned.display(tokens[1]), "chat");
    assert!(
        tokens
            .iter()
            .all(|token| ![PADDING, START, END].contains(token))
    );
}

#[test]
fn a_vocabulary_is_stored_and_read_again() {
    let learned = vocabulary(500);
    let stored = serde_json::to_string(&learned).unwrap();
    let again: Vocabulary = serde_json::from_str(&stored).unwrap();
    assert_eq!(again, learned);
    let sentence = "L'écureuil n'a pas vu 42 souris ! 🐿";
    assert_eq!(again.encode(sentence), learned.encode(sentence));
    let languages = Languages {
        max_words: 10,
        source: learned.clone(),
        target: learned,
    };
    let stored = serde_json::to_string(&Preprocessing::from(languages.clone())).unwrap();
    let again: Preprocessing = serde_json::from_str(&stored).unwrap();
    assert_eq!(again, languages.into());
}

#[test]
fn a_hostile_vocabulary_is_refused() {
    let good = serde_json::to_value(vocabulary(300)).unwrap();
    type Change<'a> = &'a dyn Fn(&mut serde_json::Value);
    let cases: [(&str, Change<'_>); 7] = [
        ("of 2 tokens", &|v| {
            v["tokens"] = serde_json::json!(["a", "b"])
        }),
        ("twice", &|v| v["tokens"][5] = v["tokens"][6].clone()),
        ("whose token 0 is not", &|v| v["tokens"][0] = "<x>".into()),
        ("without the byte", &|v| v["tokens"][100] = "xyz".into()),
        ("whose merge 0 does not give a token", &|v| {
            v["merges"][0] = serde_json::json!([0, 1])
        }),
        ("whose merge 1 does not give a token", &|v| {
            v["merges"][1] = serde_json::json!([9, 4_000_000_000u32])
        }),
        ("unknown field", &|v| v["model"] = 1.into()),
    ];
    for (part, change) in cases {
        let mut bad = good.clone();
        change(&mut bad);
        let error = serde_json::from_value::<Vocabulary>(bad)
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{part} in {error}");
    }
    for count in [0, MIN_TOKENS - 1, usize::MAX] {
        let error = Vocabulary::learn(["a"].into_iter(), count).unwrap_err();
        assert!(error.to_string().contains(&count.to_string()), "{error}");
    }
}

proptest! {
    /// Whatever is written comes back, up to white space and the form of its accents.
    #[test]
    fn any_text_is_tokens_and_comes_back(text in "[a-zA-Zéèç'’ 0-9.,!?<>🐿中\u{0}]{0,40}") {
        let bytes = Languages::bytes(10).unwrap().source;
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(bytes.decode(&bytes.encode(&text)), spaced);
    }

    #[test]
    fn any_tokens_are_some_text(tokens in prop::collection::vec(0usize..400, 0..20)) {
        let bytes = Languages::bytes(10).unwrap().source;
        let _ = bytes.decode(&tokens);
    }
}

#[test]
fn names_of_special_tokens_are_text_in_a_sentence() {
    let bytes = Languages::bytes(10).unwrap().source;
    let tokens = bytes.encode("<end> <padding>");
    assert!(tokens.iter().all(|token| *token > END), "{tokens:?}");
    assert_eq!(bytes.decode(&tokens), "<end> <padding>");
}

fn ints(tensor: &Tensor<2, Int>) -> Vec<i64> {
    tensor.to_data().iter::<i64>().collect()
}

#[test]
fn a_batch_has_each_pair_in_a_column() {
    let tokens = datasets::PairTokens {
        source: vec![vec![5, 6], vec![7]],
        target: vec![vec![8], vec![9, 10, 11]],
    };
    let batch = tokens.batch(&[1, 0], &Device::flex());
    assert_eq!(batch.source.dims(), [3, 2]);
    assert_eq!(ints(&batch.source), [7, 5, 2, 6, 0, 2]);
    assert_eq!(batch.source_lengths, [2, 3]);
    assert_eq!(ints(&batch.before), [1, 1, 9, 8, 10, 0, 11, 0]);
    assert_eq!(ints(&batch.after), [9, 8, 10, 2, 11, 0, 2, 0]);
    assert_eq!(batch.target_tokens, 6);
}

fn epoch(loader: &dyn TrainingLoader<PairBatch>, epoch: usize, skipped: usize) -> Vec<PairBatch> {
    let batches = loader.epoch(epoch, skipped);
    batches.map(|batch| batch.unwrap()).collect()
}

fn order(batches: &[PairBatch]) -> Vec<usize> {
    batches
        .iter()
        .flat_map(|batch| batch.indices.clone())
        .collect()
}

#[test]
fn every_pair_comes_once_in_each_epoch_beside_pairs_of_its_length() {
    let set = synthetic::sentence_pairs(1_000, 5).unwrap();
    let all: Vec<usize> = (0..set.len()).collect();
    let tokens = Arc::new(set.tokens());
    let loader = batch::training_loader(tokens.clone(), all.clone(), 32, 9, Forcing::ALWAYS);
    let loader = loader.on(&Device::flex());
    let mut orders = Vec::new();
    for number in [1, 2] {
        let batches = epoch(&*loader, number, 0);
        assert_eq!(batches.len(), loader.batches());
        let mut seen = order(&batches);
        orders.push(seen.clone());
        seen.sort_unstable();
        assert_eq!(seen, all);
        for batch in &batches {
            let [steps, count] = batch.before.dims();
            let longest = steps.max(batch.source.dims()[0]);
            assert!(count <= 32 && (longest * count <= 32 * BATCH_TOKENS || count == 1));
            assert!(batch.replaced.is_none());
        }
        let said: usize = batches.iter().map(|batch| batch.target_tokens).sum();
        let room: usize = batches
            .iter()
            .map(|batch| batch.before.dims().iter().product::<usize>())
            .sum();
        assert!(said as f64 > 0.9 * room as f64, "{said} of {room}");
    }
    assert_ne!(orders[0], orders[1]);
    let again = batch::training_loader(tokens, all, 32, 9, Forcing::ALWAYS);
    let again = epoch(&*again.on(&Device::flex()), 2, 3);
    assert!(orders[1].ends_with(&order(&again)) && again.len() == loader.batches() - 3);
}

#[test]
fn known_tokens_are_fed_less_from_epoch_to_epoch() {
    let forcing = Forcing {
        floor: 0.5,
        epochs: 3,
    };
    let probabilities = [1, 2, 3, 4].map(|epoch| forcing.probability(epoch));
    assert_eq!(probabilities, [1.0, 0.75, 0.5, 0.5]);
    assert_eq!(Forcing::ALWAYS.probability(7), 1.0);

    let set = synthetic::sentence_pairs(400, 5).unwrap();
    let tokens = Arc::new(set.tokens());
    let all = (0..set.len()).collect();
    let loader = batch::training_loader(tokens, all, 16, 1, forcing).on(&Device::flex());
    let masks = |batches: Vec<PairBatch>| -> Vec<Vec<bool>> {
        let masks = batches.into_iter().map(|batch| batch.replaced.unwrap());
        masks
            .map(|mask| mask.into_data().iter::<bool>().collect())
            .collect()
    };
    assert!(
        epoch(&*loader, 1, 0)
            .iter()
            .all(|batch| batch.replaced.is_none())
    );
    let third = masks(epoch(&*loader, 3, 0));
    assert_eq!(masks(epoch(&*loader, 3, 5)), third[5..]);
    let (mut replaced, mut count) = (0, 0);
    for batch in epoch(&*loader, 3, 0) {
        let mask: Vec<bool> = batch.replaced.unwrap().into_data().iter::<bool>().collect();
        let [_, width] = batch.before.dims();
        assert!(
            mask[..width].iter().all(|replaced| !replaced),
            "the start is known"
        );
        replaced += mask.iter().filter(|replaced| **replaced).count();
        count += mask.len() - width;
    }
    let share = replaced as f64 / count as f64;
    assert!((share - 0.5).abs() < 0.02, "{share}");
}

#[test]
fn made_up_sentences_are_the_same_for_one_seed_and_put_words_in_another_order() {
    let set = synthetic::sentence_pairs(2_000, 7).unwrap();
    assert_eq!(
        set.pairs,
        synthetic::sentence_pairs(2_000, 7).unwrap().pairs
    );
    assert_ne!(
        set.pairs,
        synthetic::sentence_pairs(2_000, 8).unwrap().pairs
    );
    assert!(set.len() > 1_800, "{} are unlike", set.len());
    assert!(
        set.pairs
            .iter()
            .all(|[english, _]| (2..=10).contains(&word_count(english)))
    );
    let with = |part: [&str; 2]| {
        let has = |pair: &&[String; 2]| pair[0].contains(part[0]) && pair[1].contains(part[1]);
        set.pairs.iter().filter(has).count()
    };
    assert!(with(["black cat", "chat noir"]) > 5);
    assert!(with(["black mouse", "souris noire"]) > 5);
    assert!(with(["does not see him", "ne le voit pas"]) > 0);
    assert_eq!(with(["black cat", "noir chat"]), 0);
}

#[test]
fn the_real_table_is_read_and_grouped() {
    let Some(folder) = crate::support::real_data("fra-eng") else {
        return;
    };
    let set = pairs::load(&folder, 10).unwrap();
    assert!(set.len() > 100_000 && set.too_long > 0, "{}", set.len());
    let mut sizes = std::collections::HashMap::new();
    for group in set.groups() {
        *sizes.entry(group).or_insert(0usize) += 1;
    }
    let largest = sizes.values().max().copied().unwrap();
    assert!(largest < set.len() / 100, "{largest} pairs in one group");
}
