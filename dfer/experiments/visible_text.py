"""Text for pages: escaped, and nothing in it that could not be seen."""

from typing import Any

import regex
from jinja2 import BaseLoader, Environment, StrictUndefined

# What reorders text in a browser, or is there and not seen: controls, bidi, zero width, tag characters, lone
# surrogates (which no file can hold). Not the selector that makes a sign an emoji.
_UNSAFE = regex.compile(r"[[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\n\t\ufe0f]]", regex.V1)


def visible(value: Any) -> Any:
    """Words come from LLMs and files: what could not be seen is shown as its code. Markup stays as it is."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _UNSAFE.sub(lambda found: _escaped(ord(found[0])), value)


def page_environment(loader: BaseLoader | None = None) -> Environment:
    """Templates of pages: all that they print is escaped and visible, and nothing is undefined."""
    return Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
        loader=loader,
    )


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
