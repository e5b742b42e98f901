"""Is a description English enough for CLIP, whose text encoder learned from English captions?

A guess from the text alone, made to be silent about English: a foreign text that slips through costs one look
at the descriptions, a false alarm costs trust. Two signs are looked for: letters of another script, and words
that English does not have.

CLIP tokens per word, which would need no list of words, cannot tell. 140 whole descriptions in ten languages
take 1.4 to 5.0 (half of them over 2.5), but 310 in English take 1.0 to 4.0: a list of facial muscles 2.6,
"hypomimia, dysarthria, blepharoptosis" 3.8. A threshold that spares the English ones finds 9 of the 140.
"""

import re
import unicodedata

# A Greek letter for a shape ("a λ-shaped mouth") or a name in its own script stays below a fifth.
_STRANGE_LETTERS = 1 / 5

# Measured as shares of the words of whole descriptions. 310 in English (the offline author's, the golden
# answers of the parser's tests, class names, random words, muscles, symptoms, slang): at most 1/4, and that
# with naïve, blasé and café among 12 words; only a text of under 8 words with two such would go over.
# 10,700 passages of English documentation and licences: 1 over, which quotes French.
# 140 in the languages below and Vietnamese: 131 over (51 of the 60 that were written after the list was).
# 29 in seventeen languages that are not listed: 20 over, most thanks to their accents.
_FOREIGN_WORDS = 1 / 4
_AT_LEAST = 2  # different ones: a lone "naïve" or "de" is nothing

# Words for the face and words between words, in a-z: a word with another letter counts without being listed,
# so Vietnamese needs no line. Left out is what English, anatomy or "they've" also has: die, den, met, dents,
# front, rides, regard, visage, os, ve.
_WORDS = {
    "Spanish": """la los las el del una muy hacia que ojos cejas labios labio boca nariz mejillas mirada
        rostro cara dientes sonrisa arrugas frente""",
    "French": """la le les des du de et une aux avec dans vers qui yeux sourcils bouche nez joues sourire
        menton""",
    "German": """der das und ist sind eine einen auf augen augenbrauen brauen lippen mund nase wangen kinn
        blick stirn gesicht kiefer mundwinkel""",
    "Italian": """il gli di della degli delle dei che un occhi sopracciglia labbra labbro bocca guance fronte
        sguardo palpebre mascella denti viso mento sorriso""",
    "Portuguese": """da dos uma para olhos sobrancelhas nariz bochechas testa olhar rosto queixo sorriso
        dentes""",
    "Dutch": """de het een en zijn ogen wenkbrauwen lippen mond neus wangen blik voorhoofd gezicht kaak tanden
        oogleden mondhoeken""",
    "Polish": "oczy oczu brwi usta ust wargi warga policzki twarz twarzy powieki wzrok spojrzenie",
    "Turkish": "bir dudak dudaklar burun yanaklar",
    "Indonesian": """dan yang di mata bibir alis mulut hidung pipi dagu dahi wajah rahang senyum gigi tatapan
        pandangan""",
}
_LISTED = frozenset(word for words in _WORDS.values() for word in words.split())

_WORD = re.compile(r"[^\W\d_]+")


def foreign_reason(text: str) -> str | None:
    """Why CLIP would not read `text` as English, in one sentence, or None.

    Give it a whole description where there is one: half of the foreign descriptors are too short to tell.
    """
    return _strange_letters(text) or _foreign_words(text)


def _strange_letters(text: str) -> str | None:
    letters = [character for character in text if character.isalpha()]
    strange = [letter for letter in letters if not _is_latin(letter)]
    if len(strange) <= _STRANGE_LETTERS * len(letters):
        return None
    example = next(word for word in text.split() if not set(strange).isdisjoint(word))
    example = example if len(example) <= 12 else example[:11] + "…"
    return f"{len(strange)} of its {len(letters)} letters are not Latin ({example!r})"


def _foreign_words(text: str) -> str | None:
    # NFKC: CLIP's cleaning also reads the "fi" of a PDF as two letters, and e with its accent apart as one.
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    # A single letter names a shape, and "à la" is English.
    foreign = [word for word in words if word in _LISTED or (len(word) > 1 and not word.isascii())]
    different = list(dict.fromkeys(foreign))
    if len(different) < _AT_LEAST or len(foreign) <= _FOREIGN_WORDS * len(words):
        return None
    examples = ", ".join(repr(word) for word in different[:3])
    return f"{len(foreign)} of its {len(words)} words are not English ({examples})"


def _is_latin(letter: str) -> bool:
    return "LATIN" in unicodedata.name(letter, "")
