"""What can be said of a drawn face: phrases by action unit, alone and together, and of parts at rest."""

from collections.abc import Iterable


def _said(nouns: str, *, before: str = "", after: str = "", whole: str = "") -> tuple[str, ...]:
    """Every word of `before` before every noun and every part of `after` after it; then `whole` phrases."""
    named = [noun.strip() for noun in nouns.split("/")]
    adjectives = [word.strip() for word in before.split("/") if word.strip()]
    rests = [part.strip() for part in after.split("/") if part.strip()]
    return (
        *(f"{{ly}}{adjective} {noun}" for noun in named for adjective in adjectives),
        *(f"{noun} {{ly}}{rest}" for noun in named for rest in rests),
        *(phrase.strip() for phrase in whole.split("/") if phrase.strip()),
    )


# {ly} is where "slightly" or "strongly" may go.
UNITS: dict[int, tuple[str, ...]] = {
    1: _said(
        "inner brows / inner eyebrows / inner corners of the eyebrows / inner ends of the brows",
        before="raised / lifted / upturned",
        after="raised / lifted / pulled up / drawn up / up / pushed up / going up",
        whole="brows {ly}slanting up in the middle / oblique eyebrows / the middle of the forehead creased",
    ),
    2: _said(
        "outer brows / outer eyebrows / outer corners of the eyebrows / outer ends of the brows",
        before="raised / lifted / arched / curved",
        after="raised / lifted / pulled up / arched / curved upwards / high / up",
    ),
    4: _said(
        "brows / eyebrows",
        before="lowered / furrowed / knitted / frowning / contracted / tense",
        after="lowered / furrowed / knitted / drawn together / pulled down / pulled together / knit / down "
        "/ squeezed together / drawn down and together / pushed down",
        whole="a {ly}furrowed brow / a {ly}knitted brow / a {ly}frowning brow / vertical creases between "
        "the eyebrows / a {ly}furrowed forehead / a frown / wrinkles between the brows / a creased brow",
    ),
    5: _said(
        "upper eyelids / upper lids",
        before="raised / lifted",
        after="raised / lifted / pulled up / high",
        whole="wide open eyes / {ly}widened eyes / wide eyes / staring eyes / eyes wide open / eyes "
        "{ly}opened wide / eyes {ly}widened / bulging eyes / a stare / the whites of the eyes showing / "
        "large round eyes",
    ),
    6: _said(
        "cheeks",
        before="raised / lifted / bunched",
        after="raised / lifted / pushed up / pulled up",
        whole="{ly}crinkled eyes / wrinkles at the outer eye corners / creases at the corners of the eyes / "
        "wrinkles beside the eyes / creases around the eyes / crow's feet / eyes {ly}crinkled / "
        "crinkles beside the eyes / skin gathered below the eyes",
    ),
    7: _said(
        "eyelids / lower lids / lids",
        before="tightened / tensed / tense / tight",
        after="tightened / tensed / tense / tight / pulled tight",
        whole="{ly}narrowed eyes / {ly}squinting eyes / eyes {ly}narrowed / narrow eyes / squinted eyes / "
        "lower eyelids {ly}tightened / lower eyelids tense / a hard look / glaring eyes",
    ),
    9: _said(
        "nose",
        before="scrunched / crinkled / creased",
        after="wrinkled / scrunched up / crinkled / pulled up / creased",
        whole="wrinkles across the nose / creases on the nose / wrinkles on the bridge of the nose / "
        "wrinkling of the nose / a {ly}scrunched nose / flared nostrils",
    ),
    10: _said(
        "upper lip",
        before="lifted / curled / pulled up",
        after="raised / lifted / pulled up / curled up / curled / drawn up / curled upwards / going up",
        whole="an upper lip {ly}curled upwards / the raised edge of the upper lip / a curled lip / "
        "a {ly}lifted upper lip / a sneer of the upper lip",
    ),
    12: _said(
        "lip corners / corners of the mouth / mouth corners / corners of the lips",
        before="upturned / raised / lifted",
        after="raised / lifted / turned up / drawn up / up / drawn back and up",
        whole="a smile / a {ly}smiling mouth / a smiling mouth / smiling lips / a grin / a broad smile / "
        "mouth corners pulled up / corners of the mouth pulled up / smile lines beside the mouth / "
        "the mouth {ly}curved upwards / lips curved up",
    ),
    14: _said(
        "one lip corner / one corner of the mouth / one side of the mouth",
        after="tightened / pulled in / dimpled / raised / pulled to the side / pressed in / pulled back",
        whole="a smirk / a smirk on one side / a one-sided dimple / a {ly}lopsided mouth / "
        "an uneven mouth / a mouth tightened on one side / one cheek dimpled / an asymmetrical smile / "
        "a dimple beside one corner of the mouth / one mouth corner {ly}pulled in / a one-sided smirk",
    ),
    15: _said(
        "corners of the mouth / mouth corners / corners of the lips",
        before="downturned / lowered / drooping",
        after="pulled down / lowered / turned down / drawn down / down / drooping",
        whole="a mouth {ly}turned down / a downturned mouth / lips {ly}curved down / lip corners turned down "
        "/ a drooping mouth / lip corners {ly}lowered / the mouth {ly}curved downwards / {ly}downturned lips",
    ),
    17: _said(
        "chin",
        before="raised / wrinkled / puckered / tense",
        after="raised / wrinkled / puckered / lifted / bunched up / pushed upwards / dimpled",
        whole="a {ly}pushed up lower lip / the lower lip {ly}pushed up / a pouting lower lip / a pout / "
        "a {ly}puckered chin / a {ly}raised chin / wrinkles on the chin / a chin pushed up",
    ),
    20: _said(
        "lips / mouth / lip corners",
        before="stretched",
        after="stretched / stretched wide / pulled sideways / pulled back / drawn back / stretched to the "
        "sides / stretched tight / stretched flat",
        whole="a mouth stretched wide / horizontally stretched lips / a wide flat mouth / "
        "corners of the mouth pulled sideways / a grimace / lips drawn back horizontally",
    ),
    23: _said(
        "lips",
        before="tightened / narrowed / tight / thin / thinned / tense",
        after="tightened / narrowed / tight / thin / rolled in / narrow / tense",
        whole="a tight mouth / a narrow mouth / a mouth {ly}tightened / a tense mouth / "
        "a thin line of a mouth",
    ),
    24: _said(
        "lips / mouth",
        before="pressed / compressed / clamped",
        after="pressed tightly / squeezed together / compressed / pressed shut / clamped together / "
        "held shut",
        whole="firmly closed lips / a firm closed mouth / {ly}compressed lips / lips {ly}pressed / "
        "pressed lips / a hard mouth / a mouth pressed together",
    ),
    25: _said(
        "lips",
        after="parted / apart / open / slightly open / separated",
        whole="{ly}separated lips / open lips / a gap between the lips / a slightly open mouth / "
        "teeth showing",
    ),
    26: _said(
        "jaw",
        before="lowered / hanging / open / loose",
        after="dropped / hanging down / dropped open / hanging open / lowered / open / slack / fallen",
        whole="a wide open mouth / the mouth {ly}open / an open mouth / the mouth wide open / "
        "a gaping mouth / a mouth {ly}open / mouth hanging open / mouth agape / a rounded open mouth / "
        "a {ly}lowered jaw",
    ),
    32: _said(
        "lower lip",
        before="chewed",
        after="bitten / caught between the teeth / held by the teeth / chewed / pulled in under the teeth",
        whole="teeth on the lower lip / teeth biting the lip / biting the lip / a bitten lip / lip biting",
    ),
    43: _said(
        "eyelids / upper lids / lids",
        before="drooping / lowered / heavy / falling / sagging",
        after="drooping / half closed / lowered / falling / sagging / down / heavy",
        whole="half-closed eyes / sleepy eyes / tired eyes / eyes half shut / eyes {ly}closed / "
        "eyes closing / upper eyelids {ly}lowered / upper eyelids {ly}drooping / dull eyes / "
        "nearly closed eyes",
    ),
    61: _said(
        "eyes / gaze / pupils",
        after="turned to the side / turned aside / looking sideways / shifted to one side / darting away / "
        "turned away / looking to the side",
        whole="a sideways glance / eyes looking aside / an averted gaze / a glance aside / a sideways look / "
        "eyes darting about / shifting eyes",
    ),
    64: _said(
        "eyes / gaze",
        after="cast down / lowered / turned down / looking down / looking at the floor / directed downwards",
        whole="downcast eyes / a downward look / a downcast gaze / looking down / lowered eyes / "
        "a downward gaze",
    ),
}

# Units that make one visible shape together, sometimes said as one.
TOGETHER: dict[frozenset[int], tuple[str, ...]] = {
    frozenset({1, 2}): (
        *_said(
            "eyebrows / brows",
            before="raised / lifted / arched / high / curved",
            after="raised / lifted high / arched / raised high / pulled up / up high / high and arched / "
            "lifted up and curved",
        ),
        "raised brows with a lined forehead",
        "horizontal lines across the forehead",
        "a creased forehead under high brows",
        "highly raised brows",
    ),
    frozenset({1, 2, 4}): (
        "brows raised and pulled together",
        "eyebrows lifted and drawn together",
        "tense raised brows",
        "brows drawn up and together",
        "eyebrows pulled up and together",
        "high straight knitted brows",
    ),
    frozenset({1, 4}): (
        "inner brows drawn together and up",
        "inner eyebrows raised and pulled together",
        "inner corners of the eyebrows drawn up and together",
        "sloping brows",
        "the brows pulled together and up in the middle",
        "eyebrows slanting upwards and knitted",
    ),
    frozenset({6, 12}): ("a beaming smile", "a warm smile reaching the eyes", "a smile with raised cheeks"),
    frozenset({12, 25}): ("an open smile", "a smile showing teeth", "a broad open smile", "a toothy grin"),
    frozenset({25, 26}): (
        "the jaw dropped and the mouth open",
        "mouth open with the jaw dropped",
        "an open mouth with a lowered jaw",
        "the mouth fallen open",
        "jaw down and lips parted wide",
    ),
    frozenset({23, 24}): (
        "lips pressed and tightened",
        "lips pressed into a thin line",
        "tight lips pressed together",
        "a mouth pressed into a narrow line",
        "thin compressed lips",
    ),
    frozenset({9, 10}): ("nose and upper lip pulled up", "a sneer", "a nose wrinkled above a lifted lip"),
    frozenset({4, 7}): ("a glare under lowered brows", "narrowed eyes under knitted brows", "a glaring look"),
    frozenset({5, 7}): ("hard staring eyes", "glaring wide eyes", "an intense stare"),
}

# What can be said of a part of the face that no unit moves.
AT_REST: dict[frozenset[int], tuple[str, ...]] = {
    frozenset({1, 2, 4}): (
        *_said(
            "brows / eyebrows / forehead",
            after="relaxed / at rest / smooth / level / still",
        ),
        "relaxed brows",
        "level eyebrows",
        "a forehead without lines",
        "an unlined forehead",
        "a smooth brow",
        "straight relaxed brows",
        "a relaxed forehead",
        "neutral eyebrows",
        "no frown",
    ),
    frozenset({5, 6, 7, 43}): (
        "normally open eyes",
        "eyes relaxed",
        "relaxed eyes",
        "eyes at rest",
        "relaxed eyelids",
        "eyelids in a normal position",
        "eyes neither wide nor narrow",
        "calm eyes",
        "soft open eyes",
        "eyes open as usual",
    ),
    frozenset({61, 64}): (
        "a straight gaze",
        "the gaze straight ahead",
        "eyes looking ahead",
        "a gaze that is steady",
        "a level gaze",
        "an even gaze",
        "a steady look",
        "a calm look",
        "a direct gaze",
        "eyes forward",
    ),
    frozenset({10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 32}): (
        *_said("lips / mouth", after="closed / relaxed / at rest / closed and relaxed / gently closed"),
        "relaxed lips",
        "closed lips",
        "a closed mouth",
        "a resting mouth",
        "relaxed closed mouth",
        "lips together without pressure",
        "a neutral mouth",
        "a straight mouth",
    ),
    frozenset({26, 17}): ("a relaxed jaw", "jaw relaxed", "a relaxed chin", "a resting chin"),
    frozenset({9, 6}): ("a smooth nose", "relaxed cheeks", "smooth cheeks", "cheeks at rest"),
}
NOTHING_MOVES = (
    "a relaxed face",
    "a still face",
    "a calm face without movement",
    "no movement to be seen",
    "no visible movement",
    "muscles relaxed",
    "no muscle tensed",
    "no tension in the face",
    "without visible tension",
    "relaxed facial muscles",
    "a blank face",
    "a face at rest",
    "facial muscles without tension",
    "a smooth relaxed face",
    "an expression without any movement",
)

OPENINGS = (
    *("{what}",) * 6,
    "a {who} with {what}",
    "a face with {what}",
    "the face of a {who} with {what}",
    "a photo of a face with {what}",
    "a person with {what}",
    "a {who} showing {what}",
    "a close-up of a {who} with {what}",
    "an expression with {what}",
    "a facial expression of a {who}, {what}",
    "the person's face shows {what}",
)
LY = {-1: ("slightly ", "faintly ", "somewhat ", "a little "), 1: ("strongly ", "clearly ", "very ")}
SLIGHT_OF = ("a hint of {}", "a trace of {}", "faint signs of {}", "a touch of {}")


def training_phrases() -> Iterable[str]:
    """Every phrase that a sentence is made of, without words for its strength."""
    for table in (UNITS.values(), TOGETHER.values(), AT_REST.values(), (NOTHING_MOVES,)):
        for phrases_of_one in table:
            yield from (phrase.format(ly="") for phrase in phrases_of_one)


def training_words() -> Iterable[str]:
    """Texts that hold every word a sentence can be made of."""
    yield from training_phrases()
    yield from (opening.format(what="", who="woman man person") for opening in OPENINGS)
    yield from (word for words in LY.values() for word in words)
    yield from (said_of.format("") for said_of in SLIGHT_OF)
    yield ", and ."
