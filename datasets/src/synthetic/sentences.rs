//! Sentence pairs from a small grammar of English and French in which word order matters: French adjectives follow their
//! noun and agree with it, pronouns precede the verb, and the negation surrounds it.

use std::collections::HashSet;

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::generator::generator;
use crate::error::Result;
use crate::text::PairSet;

/// Nouns in English and French, and whether they are feminine.
const NOUNS: [(&str, &str, bool); 16] = [
    ("cat", "chat", false),
    ("dog", "chien", false),
    ("nurse", "garde", false),
    ("book", "livre", false),
    ("garden", "jardin", false),
    ("king", "roi", false),
    ("boy", "garçon", false),
    ("bridge", "pont", false),
    ("house", "maison", true),
    ("table", "table", true),
    ("queen", "reine", true),
    ("girl", "fille", true),
    ("car", "voiture", true),
    ("door", "porte", true),
    ("letter", "lettre", true),
    ("mouse", "souris", true),
];

/// Adjectives in English and French (masculine, feminine).
const ADJECTIVES: [(&str, &str, &str); 10] = [
    ("green", "vert", "verte"),
    ("black", "noir", "noire"),
    ("heavy", "lourd", "lourde"),
    ("warm", "chaud", "chaude"),
    ("cold", "froid", "froide"),
    ("slow", "lent", "lente"),
    ("clever", "malin", "maligne"),
    ("funny", "marrant", "marrante"),
    ("blue", "bleu", "bleue"),
    ("polite", "poli", "polie"),
];

/// Verbs in English (third person, infinitive) and French.
const VERBS: [(&str, &str, &str); 10] = [
    ("sees", "see", "voit"),
    ("finds", "find", "trouve"),
    ("likes", "like", "préfère"),
    ("carries", "carry", "porte"),
    ("follows", "follow", "suit"),
    ("paints", "paint", "peint"),
    ("sells", "sell", "vend"),
    ("pushes", "push", "pousse"),
    ("washes", "wash", "lave"),
    ("draws", "draw", "dessine"),
];

/// Generates a noun with its article and perhaps an adjective, and returns whether it is feminine.
fn phrase(rng: &mut impl rand::Rng) -> (String, String, bool) {
    let definite: bool = rng.random();
    let Some(&(english, french, feminine)) = NOUNS.choose(rng) else {
        return (String::new(), String::new(), false);
    };
    let article = match (definite, feminine) {
        (true, false) => ["the", "le"],
        (true, true) => ["the", "la"],
        (false, false) => ["a", "un"],
        (false, true) => ["a", "une"],
    };
    let adjective = ADJECTIVES.choose(rng).filter(|_| rng.random_bool(0.5));
    match adjective {
        None => (
            format!("{} {english}", article[0]),
            format!("{} {french}", article[1]),
            feminine,
        ),
        Some((adjective, masculine, feminine_form)) => {
            let agreed = if feminine { feminine_form } else { masculine };
            (
                format!("{} {adjective} {english}", article[0]),
                format!("{} {french} {agreed}", article[1]),
                feminine,
            )
        }
    }
}

/// Generates pair `index` of the series of `seed`.
pub fn sentence_pair(seed: u64, index: usize) -> [String; 2] {
    let rng = &mut generator(seed, index);
    let (subject, sujet, _) = phrase(rng);
    let (object, objet, feminine) = phrase(rng);
    let Some(&(verb, infinitive, verbe)) = VERBS.choose(rng) else {
        return Default::default();
    };
    // The object in English, and what precedes and follows the verb in French.
    let (object, before, after) = if rng.random_bool(0.3) {
        let pronoun = if feminine {
            ["her", "la "]
        } else {
            ["him", "le "]
        };
        (pronoun[0].to_owned(), pronoun[1], String::new())
    } else {
        (object, "", format!(" {objet}"))
    };
    let (english, french) = match rng.random_range(0..4) {
        0 => (
            format!("{subject} does not {infinitive} {object}."),
            format!("{sujet} ne {before}{verbe} pas{after}."),
        ),
        1 => (
            format!("does {subject} {infinitive} {object}?"),
            format!("est-ce que {sujet} {before}{verbe}{after} ?"),
        ),
        _ => (
            format!("{subject} {verb} {object}."),
            format!("{sujet} {before}{verbe}{after}."),
        ),
    };
    [capitalized(&english), capitalized(&french)]
}

/// Capitalises the first letter.
fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Generates a set of `count` pairs, without repetitions.
///
/// # Errors
/// [`Error::Text`](crate::Error::Text) if the crate `tokenizers` fails.
pub fn sentence_pairs(count: usize, seed: u64) -> Result<PairSet> {
    let mut set = PairSet::empty("generated sentences", 10)?;
    set.generated = true;
    let mut seen = HashSet::new();
    for index in 0..count {
        let pair = sentence_pair(seed, index);
        if seen.insert(pair.clone()) {
            set.push(&format!("sentences/{index:06}"), pair);
        } else {
            set.repeated += 1;
        }
    }
    Ok(set)
}
