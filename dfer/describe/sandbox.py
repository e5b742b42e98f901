"""A Jinja2 sandbox whose output is bounded: a slip (a loop in a loop) must not fill the memory."""

from collections.abc import Iterable, Sized
from typing import Any

from jinja2 import StrictUndefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

LIMIT = 100_000  # characters of a rendered text; also what `*` and `**` may make


class TooLarge(Exception):
    """Something grew beyond LIMIT."""


def join(parts: Iterable[str]) -> str:
    """Jinja puts together by this all that it renders; `parts` may be a generator that never ends."""
    found: list[str] = []
    length = 0
    for part in parts:
        length += len(part)
        if length > LIMIT:
            raise TooLarge
        found.append(part)
    return "".join(found)


class BoundedSandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**"})
    concat = staticmethod(join)

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        a, b = _size(left), _size(right)
        # 2**20 is beyond the limit: a larger exponent need not be tried to know it.
        if (a * b if operator == "*" else a ** min(b, 20)) > LIMIT:
            raise TooLarge
        return super().call_binop(context, operator, left, right)


def _size(value: object) -> int:
    if isinstance(value, int):
        return abs(value)
    return len(value) if isinstance(value, Sized) else 0
