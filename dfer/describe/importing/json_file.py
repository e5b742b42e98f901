"""JSON: an object from classes to lists of descriptors (classify_by_description) or sentences (CuPL)."""

import json
from collections import Counter
from typing import Any

from dfer.describe.importing.class_texts import ClassTexts, class_texts, kind_of
from dfer.errors import ContentError


def read_json(text: str, *, source: str) -> ClassTexts:
    """
    Raises:
        ContentError: no JSON, no object, a class that is there twice (JSON would keep the last, silently:
            CuPL's published ImageNet file lost two classes so), dfer's own export; and as `class_texts`.
    """
    try:
        content = json.loads(text, object_pairs_hook=_distinct)
    except ContentError as error:
        raise ContentError(f"{source}: {error.message}", hint=error.hint) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ContentError(f"{source} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise ContentError(
            f"{source}: expected an object from class names to their words, found {kind_of(content)}"
        )
    if "dfer_export" in content:
        raise ContentError(
            f"{source} is an export of dfer itself, not a file of another project",
            hint="import it as an export: it holds its class set, its order and where its words come from",
        )
    return class_texts(content, source)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0][:60]
        raise ContentError(f"{twice!r} is there twice", hint="a class may be described once")
    return content
