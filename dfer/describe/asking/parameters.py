"""What may be asked for beside the question, under the names that each API gives it.

A parameter that the user did not give is not sent: it would be another question than the server's default.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dfer.describe.asking.providers import LimitName
from dfer.describe.asking.request import FLOAT_PARAMS
from dfer.describe.asking.secrets import holds_secret
from dfer.errors import UsageError

LIMIT_NAMES = ("max_tokens", "max_completion_tokens", "max_output_tokens")
# Decided elsewhere: by other options, by the question, or by what dfer can read.
_RESERVED = (
    "model",
    "messages",
    "input",
    "n",
    "stream",
    "temperature",
    "seed",
    "reasoning_effort",
    *LIMIT_NAMES,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameters:
    """`extra` is sent as it is, under the names that the server's chat completions give it."""

    temperature: float | None = None
    seed: int | None = None
    max_output_tokens: int | None = None
    reasoning_effort: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.temperature is not None and not math.isfinite(self.temperature):
            raise UsageError(f"a temperature is a finite number, found {self.temperature}")

    def for_chat(self, limit_name: LimitName) -> dict[str, Any]:
        """As the fields of a chat completion."""
        given = {
            "temperature": self.temperature,
            "seed": self.seed,
            limit_name: self.max_output_tokens,
            "reasoning_effort": self.reasoning_effort,
        }
        return {name: value for name, value in given.items() if value is not None} | dict(self.extra)


def for_responses(chat: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of the Responses API that say the same as these of a chat completion, and what it lacks."""
    params: dict[str, Any] = {}
    lacking: list[str] = []
    for name, value in chat.items():
        if name in LIMIT_NAMES:
            params["max_output_tokens"] = value
        elif name == "reasoning_effort":
            params["reasoning"] = {"effort": value}
        elif name == "response_format":
            schema = value.get("json_schema") if isinstance(value, dict) else None
            params["text"] = {"format": {"type": "json_schema", **schema} if schema else value}
        elif name in ("seed", "stop", "presence_penalty", "frequency_penalty"):
            lacking.append(name)
        else:
            params[name] = value
    return params, tuple(lacking)


def parse_extra(assignments: Sequence[str]) -> dict[str, Any]:
    """`top_p=0.9` and `response_format={"type": "json_object"}` as fields; what is no JSON is a text.

    Raises:
        UsageError: no `name=value`, a name that another option decides, or a value that looks like a key.
    """
    extra: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not re.fullmatch(r"\w+", name):
            raise UsageError("--param takes NAME=VALUE", hint='such as top_p=0.9 or stop=["END"]')
        if name in _RESERVED or name in extra:
            raise UsageError(
                f"--param cannot set {name!r}",
                hint="it is given twice, has an option of its own, or is dfer's to decide",
            )
        if holds_secret(assignment) or re.search("key|secret|password|authorization", name, re.IGNORECASE):
            raise UsageError(
                f"--param {name} looks like a credential, and parameters are stored",
                hint="keys are read from the environment: --key-env",
            )
        try:
            extra[name] = json.loads(value)
        except (ValueError, RecursionError):
            extra[name] = value
        if not _is_json(extra[name]) or (name in FLOAT_PARAMS and not _is_number(extra[name])):
            raise UsageError(f"--param {name} is no number: {value[:40]!r}", hint="such as top_p=0.9")
    return extra


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_json(value: Any) -> bool:
    """Python also reads NaN and numbers too large to write, which JSON has not."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True
