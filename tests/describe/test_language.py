"""English passes, however rare its words; other languages are recognised by their letters and their words."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dfer.class_sets import BUILT_IN, load_class_set
from dfer.describe.controls import random_words
from dfer.describe.facs_author import phrases
from dfer.describe.language import foreign_reason
from dfer.describe.rendering import join

ANSWERS = Path(__file__).parent / "answers"

ENGLISH = [
    "corrugator supercilii contracted, vertical glabellar furrows, medial canthus tightened",
    "nasolabial folds deepened, glabella furrowed, alae nasi flared, philtrum shortened",
    "zygomaticus major contraction, infraorbital triangle raised, crow's feet beside the lateral canthi",
    "levator labii superioris alaeque nasi, caput infraorbitalis, depressor labii inferioris",
    "frontalis pars medialis, depressor glabellae, orbicularis oculi pars orbitalis",
    "platysma tensed, risorius stretched, masseter clenched, temporalis bulging",
    "sclera visible above the iris, palpebral fissure widened, eyelids retracted",
    "bilateral mydriasis, lagophthalmos, exophthalmos, trismus, bruxism, epiphora",
    "hypomimia, dysarthria, blepharoptosis, strabismus, nystagmus, torticollis",
    "risus sardonicus, facies hippocratica, omega melancholicum",
    "dimpling of the mentum, eversion of the lower vermilion border",
    "zygomaticus",
    "tear-filled eyes, quivering lower lip, downcast gaze, oblique eyebrows",
    "bared teeth, flared nostrils, a clenched jaw, a hard stare",
    "brows furrowed and drawn together; eyes narrowed to slits; lips pressed thin",
    "a scrunched-up nose, a curled upper lip, squinting eyes",
    "brows that met, dents in the chin, a regard to the front",
    "pursed lips, sidelong glance, cocked eyebrow",
    "blank, calm, relaxed",
    "smiling",
    "grimacing, wincing, sneering, scowling, frowning, glowering",
    "flummoxed, discombobulated, bamboozled, flabbergasted, nonplussed, befuddled",
    "The person's eyebrows are raised and their mouth hangs open in astonishment.",
    "They've wrinkled noses, he's about to cry, and the eyes we've seen well up",
    "AU1 AU4 AU15, AU17 with intensity C",
    "AU6+AU12 (Duchenne smile), pronounced crow's-feet wrinkles",
    "unibrow knitted, moustache twitching, beard hiding the pursed lips",
    "languid eyelids, lethargic gaze, drooping jowls",
    "supercilious eyebrow, disdainful sneer, unilateral buccinator contraction",
    "lachrymose eyes, furrowed physiognomy, quavering chin",
    "sombre, downturned, careworn features; colourless lips; a grey complexion",
    "a naïve, blasé look; a mouth half open as if saying “café”",
    "eyes crossed à la Marty Feldman",
    "a look of je ne sais quoi and a grin of joie de vivre",
    "Leonardo da Vinci's grotesques: toothless sneers and hooked noses",
    "El Greco-like elongated features, La Gioconda's half smile",
    "the van der Waals stare of Vin Diesel, eyes shut, men in black",
    "Sad puppy-dog eyes, pouting lower lip, sniffling",
    "schadenfreude smirk, weltschmerz in the eyes, a kawaii blush",
    "a “V”-shaped smile, a Y-shaped crease, an O-shaped mouth",
    "eyebrwos raisd, moth slightyl open, cheks lifted",
    "an expression of helplessness.",
    "😀 raised cheeks, 👍🏽 a broad smile…",
]

FOREIGN = [
    "cejas fruncidas, ojos entrecerrados, labios apretados y mandíbula tensa",
    "la boca abierta, los ojos muy abiertos y las cejas levantadas",
    "nariz arrugada, labio superior elevado, mirada de desprecio",
    "una sonrisa amplia que muestra los dientes",
    "sourcils froncés, yeux plissés, lèvres serrées et mâchoire crispée",
    "la bouche ouverte, les yeux écarquillés et les sourcils levés",
    "visage détendu, regard neutre, bouche fermée",
    "coin de la lèvre relevé d'un seul côté, menton levé",
    "zusammengezogene Augenbrauen, verengte Augen, zusammengepresste Lippen und angespannter Kiefer",
    "Der Mund ist offen, die Augen sind weit aufgerissen und die Augenbrauen hochgezogen",
    "hochgezogene Mundwinkel, angehobene Wangen, Fältchen um die Augen",
    "ein breites Lächeln, das die Zähne zeigt",
    "sopracciglia aggrottate, occhi socchiusi, labbra serrate e mascella tesa",
    "la bocca aperta, gli occhi spalancati e le sopracciglia sollevate",
    "un ampio sorriso che mostra i denti",
    "viso rilassato, sguardo neutro, bocca chiusa",
    "sobrancelhas franzidas, olhos semicerrados, lábios apertados e mandíbula tensa",
    "a boca aberta, os olhos arregalados e as sobrancelhas levantadas",
    "cantos da boca voltados para baixo, olhos marejados",
    "rosto relaxado, olhar neutro, boca fechada",
    "gefronste wenkbrauwen, samengeknepen ogen, opeengeperste lippen en een gespannen kaak",
    "de mond is open, de ogen zijn wijd opengesperd en de wenkbrauwen opgetrokken",
    "een brede glimlach die de tanden laat zien",
    "ontspannen gezicht, neutrale blik, gesloten mond",
    "zmarszczone brwi, zwężone oczy, zaciśnięte usta i napięta szczęka",
    "otwarte usta, szeroko otwarte oczy i uniesione brwi",
    "szeroki uśmiech odsłaniający zęby",
    "oczy pełne łez, brwi nachylone do środka",
    "çatık kaşlar, kısılmış gözler, sıkılmış dudaklar ve gergin çene",
    "ağız açık, gözler iyice açılmış ve kaşlar kalkmış",
    "buruşmuş burun, kalkık üst dudak, küçümseyen bakış",
    "dişleri gösteren geniş bir gülümseme",
    "lông mày nhíu lại, mắt nheo, môi mím chặt và hàm căng",
    "miệng há to, mắt mở rộng và lông mày nhướng cao",
    "mũi nhăn, môi trên nhếch lên, ánh mắt khinh bỉ",
    "nụ cười rộng để lộ răng",
    "alis berkerut, mata menyipit, bibir terkatup rapat dan rahang tegang",
    "mulut terbuka, mata terbelalak dan alis terangkat",
    "senyum lebar yang memperlihatkan gigi",
    "wajah santai, tatapan netral, mulut tertutup",
    "svraštělé obočí, přivřené oči, sevřené rty a zaťatá čelist",
    "összevont szemöldök, összeszűkült szemek, összeszorított ajkak",
    "rynkede øjenbryn, sammenknebne øjne, sammenpressede læber og spændt kæbe",
    "gura deschisă, ochii larg deschiși și sprâncenele ridicate",
]

OTHER_SCRIPTS = [
    "眉毛上扬，嘴巴张开",
    "眉を上げ、口を開けている",
    "눈썹을 올리고 입을 벌린다",
    "поднятые брови, открытый рот",
    "υψωμένα φρύδια, ανοιχτό στόμα",
    "حواجب مرفوعة وفم مفتوح",
    "גבות מורמות ופה פתוח",
    "भौंहें सिकुड़ी हुई",
    "คิ้วขมวด ปากเม้ม",
    "悲",
    "raised eyebrows (眉毛上扬), open mouth (嘴巴张开)",
    "𝐟𝐫𝐨𝐰𝐧𝐢𝐧𝐠",  # letters of formulas: a person reads English, CLIP does not
]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_passes_with_its_rare_words_its_names_and_its_typing_errors(text: str) -> None:
    assert foreign_reason(text) is None


@pytest.mark.parametrize("class_set", BUILT_IN)
def test_what_the_offline_author_says_of_every_class_passes(class_set: str) -> None:
    for emotion in load_class_set(class_set).classes:
        said = phrases(list(emotion.components or [emotion.name]))
        for text in (join(said), *said, emotion.display, f"an expression of {emotion.display}."):
            assert foreign_reason(text) is None


@pytest.mark.parametrize("path", sorted(ANSWERS.glob("*.json")), ids=lambda path: path.stem)
def test_what_is_read_from_every_golden_answer_passes(path: Path) -> None:
    descriptors = json.loads(path.read_text(encoding="utf-8"))["descriptors"]
    assert [foreign_reason(text) for text in (" ".join(descriptors), *descriptors)] == [None] * (
        len(descriptors) + 1
    )


@given(st.lists(st.sampled_from(random_words()), min_size=1, max_size=30))
def test_every_random_control_passes(words: list[str]) -> None:
    assert foreign_reason(" ".join(words)) is None


@pytest.mark.parametrize("text", FOREIGN)
def test_a_description_in_another_language_of_latin_letters_is_recognised_by_its_words(text: str) -> None:
    reason = foreign_reason(text)
    assert reason is not None
    assert "words are not English ('" in reason


@pytest.mark.parametrize("text", OTHER_SCRIPTS)
def test_another_script_is_recognised_by_its_letters(text: str) -> None:
    reason = foreign_reason(text)
    assert reason is not None
    assert "letters are not Latin ('" in reason or 'letters are not Latin ("' in reason


def test_the_reason_counts_and_shows_what_it_found() -> None:
    assert foreign_reason("sad 悲伤") == "2 of its 5 letters are not Latin ('悲伤')"
    assert foreign_reason("眉" * 40) == f"40 of its 40 letters are not Latin ('{'眉' * 11}…')"
    assert foreign_reason("los ojos abiertos, los labios") == (
        "4 of its 5 words are not English ('los', 'ojos', 'labios')"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a λ-shaped mouth",
        "Ω mouth",
        "Zhang Wei (张伟) frowns",
        "Дмитрий smiles broadly, raised cheeks, parted lips",
        "naïve",
        "a façade",
        "mouth of El Greco",
    ],
)
def test_one_greek_letter_one_name_and_one_loanword_are_not_another_language(text: str) -> None:
    assert foreign_reason(text) is None


# Some characters are several letters in one: "ﷺ" is a sentence.
SINGLE_LETTERS = st.characters(categories=["L"]).filter(lambda c: unicodedata.is_normalized("NFKC", c))


@given(st.sampled_from(ENGLISH), SINGLE_LETTERS)
def test_one_stray_letter_of_any_script_changes_nothing_for_english(text: str, letter: str) -> None:
    assert foreign_reason(f"{text} {letter}") is None


def test_letters_that_clip_reads_as_plain_ones_are_plain() -> None:
    assert foreign_reason("ﬂared nostrils, deﬁned jaw") is None
    assert foreign_reason("ｗｉｄｅ ｅｙｅｓ") is None


@pytest.mark.parametrize("text", ["", " ", "!? 123", "😀😀", "“…”"])
def test_a_text_without_words_is_no_language(text: str) -> None:
    assert foreign_reason(text) is None


@pytest.mark.parametrize("text", [*ENGLISH, *FOREIGN])
def test_neither_case_nor_the_way_accents_are_encoded_matters(text: str) -> None:
    foreign = foreign_reason(text) is not None
    assert (foreign_reason(unicodedata.normalize("NFD", text)) is not None) == foreign
    assert (foreign_reason(text.upper()) is not None) == foreign


@given(st.text())
@example("\ud800")
@example("\x1b[31m眉")
def test_any_text_gets_none_or_one_printable_line(text: str) -> None:
    reason = foreign_reason(text)
    assert reason is None or (reason.isprintable() and reason)
