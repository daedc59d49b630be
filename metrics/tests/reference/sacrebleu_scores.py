"""The scores of metrics/tests/translation_scores.rs, by sacreBLEU 2.6.0 with its defaults.

Run: python metrics/tests/reference/sacrebleu_scores.py
"""

from sacrebleu.metrics import BLEU, CHRF

# Translations and their references.
SENTENCES = [
    ("Le chat noir dort sur la table.", ["Le chat noir dort sur la table."]),
    ("Le chien court dans le jardin.", ["Le chien rapide court vers le jardin."]),
    ("Où est la gare ?", ["Où se trouve la gare\u202f?", "Où est la gare\u202f?"]),
    ("Il a payé 3,50 euros pour 1.000 pages.", ["Il a payé 3,50 euros, pour 1.000 pages..."]),
    ("", ["Rien du tout."]),
    ("Oui !", ["Oui !"]),
    ("Elle n'a pas vu l'homme-grenouille en 1999-2000.", ["Elle n'a pas vu l'homme en 1999 - 2000."]),
    ("&quot;Tom &amp; Marie&quot; <skipped> sont (presque) là ; enfin...", ["\"Tom & Marie\" sont presque là ; enfin..."]),
    ("le le le le le", ["le la le", "un le"]),
    ("Zut alors", ["Bonjour tout le monde"]),
    ("a@b.fr/x [1] {2} ~ `q` = 5%", ["a@b.fr/x [1] {2} ~ `q` = 5 %"]),
    ("Ça va très bien, merci.", ["Je vais très bien, merci.", "Ça va bien."]),
]

bleu, chrf = BLEU(), CHRF()


def scores(sentences):
    count = max(len(references) for _, references in sentences)
    translations = [translation for translation, _ in sentences]
    columns = [
        [references[i] if i < len(references) else None for _, references in sentences]
        for i in range(count)
    ]
    one, other = bleu.corpus_score(translations, columns), chrf.corpus_score(translations, columns)
    print(f"bleu {one.score:.10f} bp {one.bp:.10f} chrf {other.score:.10f}")
    print("  correct", one.counts, "total", one.totals, "lengths", one.sys_len, one.ref_len)


print("all:")
scores(SENTENCES)
print("the first references alone:")
scores([(translation, references[:1]) for translation, references in SENTENCES])
print("each alone:")
for sentence in SENTENCES:
    scores([sentence])
print("tokens:")
for translation, references in SENTENCES:
    print(repr(bleu.tokenizer(translation)), [bleu.tokenizer(reference) for reference in references])
