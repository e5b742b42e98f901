"""YAML as EmoCLIP's `class_descriptions.yml`: a mapping from classes to one sentence, or to several."""

from typing import Any

import yaml

from dfer.describe.importing.class_texts import ClassTexts, class_texts, kind_of
from dfer.errors import ContentError


def read_yaml(text: str, *, source: str) -> ClassTexts:
    """Everything in the file is text to us: a class `no` stays "no", and tags and merges do nothing.

    Raises:
        ContentError: no YAML, no mapping, a class that is there twice, words that dfer wrote; and as
            `class_texts`.
    """
    try:
        content = yaml.load(text, Loader=UniqueKeyLoader)
    # An escape of no character is a ValueError or an OverflowError of PyYAML's.
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise ContentError(f"{source} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ContentError(
            f"{source}: expected a mapping from class names to their words, found {kind_of(content)}"
        )
    if isinstance(content.get("classes"), dict):
        raise ContentError(
            f"{source} holds a description set as dfer writes it, not the words of another project",
            hint="to import it as plain words keep only what stands under `classes`",
        )
    if odd := next((key for key in content if not isinstance(key, str)), None):
        raise ContentError(f"{source}: expected class names, found {kind_of(odd)}")
    return class_texts(content, source)


class UniqueKeyLoader(yaml.BaseLoader):  # type: ignore[misc]
    """Scalars as text, and a class that is there twice is an error: YAML would keep the last, silently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.YAMLError(f"{key.value[:60]!r} is there twice, {key.start_mark}")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping
