"""What a server's response body says, decided from the body itself.

The SDK hands through whatever a server sends with status 200: a web page as a string, `null`, a list, an
error object. So the body is read here, and only a real completion becomes an answer.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from description_store.records import Verdict
from dfer.describe.parsing.markers import without_thinking

# Servers name a natural end in these ways; None is what some local ones send.
_NATURAL_ENDS = ("stop", None, "eos", "eos_token", "end_turn")
_REFUSAL = re.compile(
    r"\s*(i['’]?m sorry|i am sorry|sorry,|i can(['’]?t|not)\b|i['’]?m (unable|not able)|as an ai\b)",
    re.IGNORECASE,
)
# NUL and other controls, terminal escapes, lone surrogates, and the marks that turn the writing direction.
_GARBLED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_SHOWN = 160
_MORE_ROOM = "raise --max-output-tokens, or lower --reasoning-effort"


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


def read_completion(body: str, *, api: str = "chat") -> Completion:
    """The answer in a response body of chat completions, or of the Responses API.

    Raises:
        NotACompletion: HTML, broken JSON, an error object, no choices or several, no message text.
    """
    content = _json_object(body)
    said = _read_responses(content, body) if api == "responses" else _read_chat(content, body)
    verdict, reason = _judge(said)
    usage = content["usage"] if isinstance(content.get("usage"), dict) else {}
    return Completion(
        text=said.text,
        verdict=verdict,
        reason=reason,
        finish_reason=said.finish_reason,
        resolved_model=_text_or_none(content.get("model")),
        system_fingerprint=_text_or_none(content.get("system_fingerprint")),
        input_tokens=_count_or_none(usage.get("prompt_tokens", usage.get("input_tokens"))),
        output_tokens=_count_or_none(usage.get("completion_tokens", usage.get("output_tokens"))),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """The same of both APIs: `finish_reason` in the words of chat completions."""

    text: str
    finish_reason: str | None
    refusal: str = ""
    reasoned: bool = False


def _json_object(body: str) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:  # broken, or nested deeper than any completion
        raise NotACompletion(f"the response is not JSON; it begins {beginning(body)}", body=body) from error
    if not isinstance(content, dict):
        raise NotACompletion(f"the response is JSON but no completion: {beginning(body)}", body=body)
    if content.get("error"):
        said = beginning(json.dumps(content["error"]))
        raise NotACompletion(f"the server reports an error: {said}", body=body, passing=True)
    return content


def _read_chat(content: dict[str, Any], body: str) -> _Said:
    if "choices" not in content:
        raise NotACompletion(f"the response has no choices; it begins {beginning(body)}", body=body)
    # No choice at all is what some servers send for an empty answer.
    choices = content["choices"] or [{"message": {}}]
    if isinstance(choices, list) and len(choices) > 1:
        raise NotACompletion(
            f"the response has {len(choices)} choices where one was asked for; it begins {beginning(body)}",
            body=body,
        )
    choice = choices[0] if isinstance(choices, list) and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    text = _text_of(message.get("content")) if isinstance(message, dict) else None
    if text is None or not isinstance(message, dict):
        raise NotACompletion(f"the response has no message text; it begins {beginning(body)}", body=body)
    return _Said(
        text=text,
        finish_reason=_text_or_none(choice.get("finish_reason")),
        refusal=str(message.get("refusal") or ""),
        reasoned=bool(message.get("reasoning") or message.get("reasoning_content")),
    )


def _read_responses(content: dict[str, Any], body: str) -> _Said:
    output = content.get("output")
    if not isinstance(output, list) or not all(isinstance(item, dict) for item in output):
        raise NotACompletion(f"the response has no output; it begins {beginning(body)}", body=body)
    parts = [
        part
        for item in output
        if item.get("type") == "message" and isinstance(item.get("content"), list)
        for part in item["content"]
        if isinstance(part, dict)
    ]
    details = content.get("incomplete_details")
    cause = details.get("reason") if isinstance(details, dict) else None
    ends = {"completed": "stop", None: None}
    finish_reason = ends.get(content.get("status"), str(content.get("status")))
    if content.get("status") == "incomplete":
        finish_reason = "length" if cause == "max_output_tokens" else str(cause)
    return _Said(
        text=_text_of([part for part in parts if part.get("type") == "output_text"]) or "",
        finish_reason=finish_reason,
        refusal=" ".join(str(part.get("refusal")) for part in parts if part.get("type") == "refusal"),
        reasoned=any(item.get("type") == "reasoning" for item in output),
    )


def _judge(said: _Said) -> tuple[Verdict, str]:
    answered, still_thinking = without_thinking(said.text)
    nothing = not answered.strip()
    thought = said.reasoned or still_thinking or nothing != (not said.text.strip())
    if said.refusal:
        return "refused", f"the model refused: {beginning(said.refusal)}"
    if said.finish_reason == "content_filter":
        return "content_filter", "the server's content filter cut the answer"
    if said.finish_reason == "length":
        if nothing:  # not even --accept-truncated has a use for it
            by = " by reasoning" if thought else ""
            return "unfinished", f"the output limit was used up{by}: {_MORE_ROOM}"
        return "length", (
            "the answer was cut at the output limit: raise --max-output-tokens, "
            "or take it without its last item with --accept-truncated"
        )
    if nothing:
        # Servers that let reasoning eat the budget do not all say so.
        return (
            "empty",
            f"the answer is empty, all was reasoning: {_MORE_ROOM}" if thought else "the answer is empty",
        )
    if said.finish_reason not in _NATURAL_ENDS:
        return "unfinished", f"the answer did not end by itself (finish_reason {said.finish_reason!r})"
    if garbled := _GARBLED.search(said.text):
        return "garbled", f"the answer holds the control character {garbled[0]!a}: {beginning(said.text)}"
    # A refusal may follow a polite line, but not a list.
    first_lines = [line for line in answered.splitlines() if line.strip()][:2]
    if any(map(_REFUSAL.match, first_lines)):
        return "refused", f"the model refused: {beginning(answered)}"
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
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
