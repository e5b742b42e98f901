"""MAFW's labels: eleven emotions, and compounds of two or three joined by `_` in the data set's own order."""

from dfer.class_sets import canonical_label, load_class_set

_SINGLE = load_class_set("mafw11").names


def mafw_label(written: str) -> str:
    """The class that is written, its parts in canonical order: `Disgust_anger` is `anger_disgust`.

    A part that is no emotion of MAFW stays, in lower case and at the end, for the class set to refuse.
    """
    parts = [part.strip().casefold() for part in written.split("_") if part.strip()]
    known = {canonical_label(part, _SINGLE) or part for part in parts}
    order = {name: place for place, name in enumerate(_SINGLE)}
    return "_".join(sorted(known, key=lambda name: (order.get(name, len(order)), name)))
