//! Fonts: which characters can be rendered, how wide they are, and what stands for the others.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use any_ascii::any_ascii_char;
use resvg::usvg::fontdb::{Database, FaceInfo, ID, Stretch, Style, Weight};
use resvg::usvg::{FontResolver, Options};
use ttf_parser::Face;

/// Roboto, under the Apache License 2.0 (`assets/LICENSE-Roboto`).
const ROBOTO: &[u8] = include_bytes!("../assets/Roboto-Regular.ttf");

const ROBOTO_FAMILY: &str = "Roboto";

/// Fonts that text is rendered with.
pub(crate) struct Fonts {
    database: Arc<Database>,
    /// Every font, in the order in which a character is looked up: Roboto, regular ones, others.
    order: Vec<ID>,
    /// Font and width at font size 1 of each character looked up so far; `None` if no font has it.
    found: Mutex<HashMap<char, Option<(ID, f64)>>>,
}

impl Fonts {
    /// Returns the fonts for a text: Roboto alone if it has every character, so that a figure does not depend on the
    /// machine; otherwise also the fonts of the system.
    pub(crate) fn of(text: &str) -> &'static Self {
        static BUNDLED: LazyLock<Fonts> = LazyLock::new(Fonts::bundled);
        static ALL: LazyLock<Fonts> = LazyLock::new(Fonts::with_system);
        let is_bundled = text.chars().all(|character| BUNDLED.has(character));
        if is_bundled { &BUNDLED } else { &ALL }
    }

    fn new(database: Database) -> Self {
        let is_regular = |face: &FaceInfo| {
            let FaceInfo {
                style,
                weight,
                stretch,
                ..
            } = face;
            (*style, *weight, *stretch) == (Style::Normal, Weight::NORMAL, Stretch::Normal)
        };
        let (regular, others): (Vec<_>, Vec<_>) =
            database.faces().partition(|face| is_regular(face));
        let order = regular.iter().chain(&others).map(|face| face.id).collect();
        Self {
            database: Arc::new(database),
            order,
            found: Mutex::default(),
        }
    }

    /// Returns Roboto alone.
    pub(crate) fn bundled() -> Self {
        Self::new(roboto())
    }

    fn with_system() -> Self {
        let mut database = roboto();
        database.load_system_fonts();
        // The system's own choice is loaded with its fonts.
        database.set_sans_serif_family(ROBOTO_FAMILY);
        // The font of macOS that draws a box for every character.
        let boxes = database
            .faces()
            .filter(|face| face.post_script_name.contains("LastResort"));
        for id in boxes.map(|face| face.id).collect::<Vec<_>>() {
            database.remove_face(id);
        }
        Self::new(database)
    }

    /// Returns options for the renderer, such that it looks characters up as widths are looked up here.
    pub(crate) fn options(&self) -> Options<'_> {
        Options {
            fontdb: self.database.clone(),
            font_family: ROBOTO_FAMILY.to_owned(),
            font_resolver: FontResolver {
                select_fallback: Box::new(|character, used, _| {
                    let (id, _) = self.look_up(character)?;
                    (!used.contains(&id)).then_some(id)
                }),
                ..FontResolver::default()
            },
            ..Options::default()
        }
    }

    /// Replaces each run of characters that no font has by a transliteration into ASCII.
    ///
    /// Different runs stay different from each other and from words in ASCII: of 肺 and 非, both `Fei`, the second becomes
    /// `Fei(2)`. A character without a transliteration becomes its code point, as in `U+E000`.
    pub(crate) fn legible<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.chars().all(|character| self.has(character)) {
            return Cow::Borrowed(text);
        }
        let mut keys: Vec<(&str, String)> = Vec::new();
        let mut legible = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let has = self.has(rest.chars().next().unwrap_or_default());
            let end = rest.find(|character| self.has(character) != has);
            let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            if has {
                legible += run;
                continue;
            }
            let known = keys.iter().position(|(other, _)| *other == run);
            let place = known.unwrap_or_else(|| {
                let key = transliterated(run);
                let is_new = |key: &String| {
                    keys.iter().all(|(_, other)| other != key) && !has_word(text, key)
                };
                let numbered = (2..).map(|number| format!("{key}({number})"));
                let key = std::iter::once(key.clone()).chain(numbered).find(is_new);
                keys.push((run, key.unwrap_or_default()));
                keys.len() - 1
            });
            legible += &keys[place].1;
        }
        Cow::Owned(legible)
    }

    /// Returns whether a font has a character. Control characters, which are never drawn, count as known.
    fn has(&self, character: char) -> bool {
        character.is_ascii() || self.look_up(character).is_some()
    }

    /// Returns the first font that has a character, and the character's width at font size 1.
    fn look_up(&self, character: char) -> Option<(ID, f64)> {
        // Entries are complete, so a map whose writer panicked can still be used.
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        *found.entry(character).or_insert_with(|| {
            self.order.iter().find_map(|id| {
                let width =
                    |data: &[u8], index| width_in(&Face::parse(data, index).ok()?, character);
                Some((*id, self.database.with_face_data(*id, width)??))
            })
        })
    }
}

/// Returns the width of text of `size` pixels as it is rendered, in pixels.
pub(crate) fn text_width(text: &str, size: u32) -> f64 {
    let fonts = Fonts::of(text);
    let legible = fonts.legible(text);
    let widths = legible
        .chars()
        .filter_map(|character| Some(fonts.look_up(character)?.1));
    f64::from(size) * widths.sum::<f64>()
}

/// Returns the width of a character at font size 1, `None` if the font lacks it, or has no outline of it (as for
/// emoji that are bitmaps).
fn width_in(face: &Face<'_>, character: char) -> Option<f64> {
    // Some fonts map characters that they lack to glyph 0, the box of a missing character.
    let glyph = face.glyph_index(character).filter(|glyph| glyph.0 != 0)?;
    if !character.is_whitespace() {
        face.glyph_bounding_box(glyph)?;
    }
    let width = face.glyph_hor_advance(glyph)?;
    Some(f64::from(width) / f64::from(face.units_per_em()))
}

fn transliterated(run: &str) -> String {
    let ascii: String = run.chars().map(any_ascii_char).collect();
    if !ascii.trim().is_empty() {
        return ascii;
    }
    let codes = run
        .chars()
        .map(|character| format!("U+{:04X}", u32::from(character)));
    codes.collect()
}

/// Returns whether a word stands in a text, and not within a longer one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        let mut around = before.into_iter().chain(after);
        !around.any(|character| character.is_ascii_alphanumeric())
    })
}

fn roboto() -> Database {
    let mut database = Database::new();
    database.load_font_data(ROBOTO.to_vec());
    database.set_sans_serif_family(ROBOTO_FAMILY);
    database
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_font_a_name_is_transliterated() {
        let cases = [
            ("glioma é Ω ж − …", "glioma é Ω ж − …"),
            ("正常", "ZhengChang"),
            ("सामान्य 3", "samany 3"),
            ("ROC: 肿瘤  0.953", "ROC: ZhongLiu  0.953"),
            ("\u{e000}", "U+E000"),
        ];
        let fonts = Fonts::bundled();
        for (text, legible) in cases {
            assert_eq!(fonts.legible(text), legible);
        }
    }

    #[test]
    fn different_names_stay_different() {
        let fonts = Fonts::bundled();
        assert_eq!(
            fonts.legible("肺, 非, 肺 & 飞"),
            "Fei, Fei(2), Fei & Fei(3)"
        );
        assert_eq!(fonts.legible("Fei, 肺, Feil"), "Fei, Fei(2), Feil");
    }

    #[test]
    fn widths_are_those_of_the_rendered_text() {
        // Roboto's digits are all 1151 of 2048 units wide.
        assert!((text_width("0123", 100) - 4.0 * 100.0 * 1151.0 / 2048.0).abs() < 1e-9);
        assert_eq!(text_width("", 100), 0.0);
        assert!(text_width("正常", 100) >= 199.0);
    }
}
