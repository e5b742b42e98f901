"""From descriptors to the text or texts that CLIP reads."""

import re
from collections.abc import Sequence

from description_store.records import Combine, Compounds, Form, Rendering
from dfer.errors import UsageError

# What each form puts around its text unless told otherwise. "each" is Menon & Vondrick's wording.
AROUND: dict[Form, tuple[str, str]] = {
    "list": ("", "."),
    "sentence": ("A face with ", "."),
    "each": ("{class}, which has ", ""),
}


def choose_rendering(
    *,
    form: Form,
    prefix: str | None = None,
    suffix: str | None = None,
    combine: Combine | None = None,
    compounds: Compounds | None = None,
) -> Rendering:
    """A rendering with what is not said filled in as its form is commonly used.

    Raises:
        UsageError: parts that contradict each other, or a prefix or suffix with another field than {class}.
    """
    if form == "each" and compounds:
        raise UsageError(
            "compounds are made of one text of each part, and each descriptor is a text here",
            hint="render the set as one list or sentence first: dfer sets render SET --form list",
        )
    if compounds == "average" and combine in ("mean_score", "max_score"):
        raise UsageError(
            f"with {combine} a compound could never score higher than its best part",
            hint="--combine mean_raw, as EmoCLIP does, or mean_embedding",
        )
    several = form == "each" or compounds == "average"
    combine = combine or ("mean_raw" if compounds == "average" else "mean_score" if several else "joined")
    if several and combine == "joined":
        raise UsageError(
            "several texts for a class need a rule that makes one score of them",
            hint="--combine mean_embedding, mean_score, max_score or mean_raw",
        )
    if not several and combine != "joined":
        raise UsageError(
            f"{combine} combines several texts, and one {form} is a single text",
            hint="--form each makes every descriptor a text of its own",
        )
    before, after = AROUND[form]
    rendering = Rendering(
        form=form,
        prefix=before if prefix is None else prefix,
        suffix=after if suffix is None else suffix,
        combine=combine,
        compounds=compounds,
    )
    for text in (rendering.prefix, rendering.suffix):
        if unknown := [field for field in re.findall(r"\{[^{}]*\}", text) if field != "{class}"]:
            raise UsageError(f"{unknown[0]} in {text!r} means nothing here", hint="only {class} does")
        if not text.isprintable():
            raise UsageError(f"{text!r} holds characters that cannot be printed", hint="use one line of text")
    return rendering


def render(descriptors: Sequence[str], *, display: str, rendering: Rendering) -> str:
    """What CLIP reads of a class, one text per line; `display` is its name as people read it."""
    bodies = descriptors if rendering.form == "each" else [listed(descriptors)]
    return "\n".join(_tidy(rendering.prefix, body, rendering.suffix, display) for body in bodies)


def listed(descriptors: Sequence[str]) -> str:
    """ "a, b, and c", as DFER-CLIP writes its descriptions."""
    if len(descriptors) < 3:
        return " and ".join(descriptors)
    return ", ".join(descriptors[:-1]) + f", and {descriptors[-1]}"


def join(descriptors: Sequence[str]) -> str:
    """One comma list with a full stop ("a, b, and c."): the default rendering."""
    return listed(descriptors) + "."


def _tidy(prefix: str, body: str, suffix: str, display: str) -> str:
    text = ""
    for part in (prefix.replace("{class}", display), body, suffix.replace("{class}", display)):
        # Shells and editors lose the space at the end of a prefix.
        joint = (text[-1:].isalnum() or text[-1:] in tuple(":,;.")) and part[:1].isalnum()
        text += " " + part if joint else part
    return " ".join(text.split())
