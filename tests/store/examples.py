"""Records as small as they can be."""

from description_store.records import Answer, Description, DescriptionSet, Provenance

IDENTITY = {"model": "m", "endpoint": "http://127.0.0.1/v1", "messages": []}


def a_set(*texts: str, **changes: object) -> DescriptionSet:
    descriptions = tuple(
        Description(class_name=f"class{i}", descriptors=(text,), text=text + ".", tokens=3)
        for i, text in enumerate(texts or ("raised brows", "open mouth"))
    )
    fields = {
        "class_set": "mine",
        "class_set_hash": "cs1:x",
        "descriptions": descriptions,
        "provenance": Provenance(kind="llm", model="m"),
        "context_tokens": 8,
    }
    return DescriptionSet(**(fields | changes))


def an_answer(text: str = "1. raised brows", **changes: object) -> Answer:
    return Answer(
        **({"key": "dk1:a", "identity": IDENTITY, "text": text, "raw": text, "verdict": "clean"} | changes)
    )
