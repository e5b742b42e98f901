"""What a server's response body says, decided from the body itself.

The SDK hands through whatever a server sends with status 200: a web page as a string, `null`, a list, an
error object. So the body is read here, and only a real completion becomes an answer.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from description_store.records import Verdict

# Servers name a natural end in these ways; None is what some local ones send.
_NATURAL_ENDS = ("stop", None, "eos", "eos_token", "end_turn")
_REFUSAL = re.compile(
    r"\s*(i['’]?m sorry|i am sorry|sorry,|i can(['’]?t|not)\b|i['’]?m (unable|not able)|as an ai\b)",
    re.IGNORECASE,
)
_SHOWN = 160


class NotACompletion(Exception):
    """A response that is no chat completion. The message shows how it begins; `body` is all of it.

    `passing`: the server itself reports an error, which a later try may not meet.
    """

    def __init__(self, message: str, *, body: str, passing: bool = False) -> None:
        super().__init__(message)
        self.body = body
        self.passing = passing


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    text: str
    verdict: Verdict
    reason: str
    finish_reason: str | None
    resolved_model: str | None
    system_fingerprint: str | None
    input_tokens: int | None
    output_tokens: int | None


def read_completion(body: str) -> Completion:
    """A chat completion from a response body.

    Raises:
        NotACompletion: HTML, broken JSON, an error object, no choices, no message text.
    """
    try:
        content = json.loads(body)
    except ValueError as error:
        raise NotACompletion(f"the response is not JSON; it begins {beginning(body)}", body=body) from error
    if not isinstance(content, dict):
        raise NotACompletion(f"the response is JSON but no completion: {beginning(body)}", body=body)
    if content.get("error"):
        said = beginning(json.dumps(content["error"]))
        raise NotACompletion(f"the server reports an error: {said}", body=body, passing=True)
    if "choices" not in content:
        raise NotACompletion(f"the response has no choices; it begins {beginning(body)}", body=body)
    # No choice at all is what some servers send for an empty answer.
    choices = content["choices"] or [{"message": {}}]
    message = (
        choices[0].get("message") if isinstance(choices, list) and isinstance(choices[0], dict) else None
    )
    text = _text_of(message.get("content")) if isinstance(message, dict) else None
    if text is None or not isinstance(message, dict):
        raise NotACompletion(f"the response has no message text; it begins {beginning(body)}", body=body)
    finish_reason = _text_or_none(choices[0].get("finish_reason"))
    verdict, reason = _judge(text, finish_reason, message)
    usage = content["usage"] if isinstance(content.get("usage"), dict) else {}
    return Completion(
        text=text,
        verdict=verdict,
        reason=reason,
        finish_reason=finish_reason,
        resolved_model=_text_or_none(content.get("model")),
        system_fingerprint=_text_or_none(content.get("system_fingerprint")),
        input_tokens=_count_or_none(usage.get("prompt_tokens")),
        output_tokens=_count_or_none(usage.get("completion_tokens")),
    )


def _judge(text: str, finish_reason: str | None, message: dict[str, Any]) -> tuple[Verdict, str]:
    if message.get("refusal"):
        return "refused", f"the model refused: {beginning(str(message['refusal']))}"
    if finish_reason == "content_filter":
        return "content_filter", "the server's content filter cut the answer"
    if finish_reason == "length":
        if not text.strip() and (message.get("reasoning") or message.get("reasoning_content")):
            return "length", "the output limit was used up by reasoning: raise --max-output-tokens"
        return "length", "the answer was cut at the output limit: raise --max-output-tokens"
    if not text.strip():
        return "empty", "the answer is empty"
    if finish_reason not in _NATURAL_ENDS:
        return "unfinished", f"the answer did not end by itself (finish_reason {finish_reason!r})"
    if _REFUSAL.match(text):
        return "refused", f"the model refused: {beginning(text)}"
    return "clean", ""


def _text_of(content: Any) -> str | None:
    """The text of a message: a string, nothing, or a list of parts with a text each. None if neither."""
    if content is None:
        return ""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        content = "".join(str(part.get("text") or "") for part in content)
    return content if isinstance(content, str) else None


def beginning(text: str) -> str:
    """The first characters of a text, quoted, safe to print in a terminal."""
    shown = " ".join(text[:_SHOWN].split())
    return repr(shown + "…" if len(text) > _SHOWN else shown) if shown else "(nothing)"


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count_or_none(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
