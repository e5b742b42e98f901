"""What a failed request means: try again, give this class up, or stop everything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dfer.describe.asking.completion import NotACompletion, beginning
from dfer.describe.asking.endpoint import DUMMY_KEY, Endpoint
from dfer.errors import ConfigurationError, ContentError, DferError, ProviderError

_KEY_SHAPE = re.compile(r"\b(sk|pk|rk|key)-[\w*-]{4,}|Bearer\s+[^\s'\"]+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """`terminal`: it would hit every other question too. `retry_after`: the server's wish, in seconds."""

    outcome: str
    message: str
    hint: str = ""
    http_status: int | None = None
    error_code: str | None = None
    terminal: bool = False
    retry: bool = False
    retry_after: float | None = None
    kind: type[DferError] = ProviderError
    body: str | None = None

    def as_error(self) -> DferError:
        return self.kind(self.message, hint=self.hint)


def without_key(text: str, endpoint: Endpoint) -> str:
    """The text without the very key that was sent; everything else stays as it arrived."""
    secret = endpoint.key if endpoint.key != DUMMY_KEY else None
    return text.replace(secret, "(key)") if secret else text


def scrub(text: str, endpoint: Endpoint) -> str:
    """An error message without the key or anything shaped like one: servers echo parts of keys."""
    return _KEY_SHAPE.sub("(key)", without_key(text, endpoint))


def understand(error: BaseException, *, endpoint: Endpoint, model: str) -> Failure:
    """Sort an exception of the SDK, of the transport below it, or of our reading of the body."""
    import openai

    where = endpoint.base_url

    if isinstance(error, openai.APIStatusError):
        return _status(error, endpoint=endpoint, model=model)
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return Failure(outcome="timeout", message=f"{where} did not answer in time", retry=True)
    if isinstance(error, openai.APIConnectionError):
        cause = scrub(_root_cause(error), endpoint)
        return Failure(
            outcome="unreachable",
            message=f"cannot reach {where}: {cause}",
            hint="is the server running, and is the address right? For a proxy in between see NO_PROXY",
            retry=True,
            terminal=True,
        )
    if isinstance(error, NotACompletion):
        return Failure(
            outcome="no completion",
            message=f"{where} answered, but not with a chat completion: {scrub(str(error), endpoint)}",
            hint="does the base URL end in /v1, and is it the address of an OpenAI-compatible server?",
            http_status=200,
            retry=error.passing,
            terminal=not error.passing,
            kind=ProviderError if error.passing else ConfigurationError,
            body=without_key(error.body, endpoint),
        )
    # Anything else is below the SDK (a missing SOCKS package, a certificate file): say it plainly.
    message = scrub(f"{type(error).__name__}: {error}", endpoint)
    return Failure(outcome="transport", message=f"request to {where} failed: {message}", terminal=True)


def _status(error: Any, *, endpoint: Endpoint, model: str) -> Failure:
    where, status = endpoint.base_url, error.status_code
    code = None if error.code is None else scrub(str(error.code), endpoint)[:80]
    said = beginning(scrub(_server_message(error), endpoint))
    failure = Failure(
        outcome="refused request",
        message=f"{where} answered {status}: {said}",
        http_status=status,
        error_code=code,
        terminal=True,
        kind=ConfigurationError,
        body=without_key(error.response.text, endpoint),
    )
    if status == 401:
        return replace(
            failure,
            outcome="unauthorised",
            message=f"{where} does not accept the key from {endpoint.key_source}: {said}",
            hint="set the right key in the environment, or name its variable with --key-env",
        )
    if status == 403:
        return replace(failure, hint="does the key have access, and is the service offered in your region?")
    if status == 404:
        return replace(
            failure,
            outcome="not found",
            message=f"{where} knows no model {model!r} (or no chat completions): {said}",
            hint="check the model's name, that your account may use it, and that the base URL ends in /v1",
        )
    if code in ("content_filter", "content_policy_violation"):
        # About this one question, not about the others.
        return replace(failure, outcome="content filter", terminal=False, kind=ContentError)
    if status == 429 and code == "insufficient_quota":
        return replace(
            failure,
            outcome="quota",
            message=f"{where}: the account's quota is used up: {said}",
            hint="answers so far are kept; add credit and run the same command again",
            kind=ProviderError,
        )
    if status in (408, 409, 429) or status >= 500:
        return replace(
            failure,
            outcome="rate limit" if status == 429 else "server error",
            hint="answers so far are kept; run the same command again to ask only for the rest",
            terminal=False,
            retry=True,
            retry_after=retry_after(error.response.headers),
            kind=ProviderError,
        )
    return failure


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks us to wait: `retry-after-ms`, or `Retry-After` as seconds or as a date."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        value = headers.get("retry-after")
        if value is None:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _server_message(error: object) -> str:
    """Error bodies: {"error": {...}}, {"error": "text"}, {"detail": ...}, plain text, HTML or nothing."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            inner = inner.get("message") or inner.get("detail") or inner
        return str(inner)
    return str(body) if body else str(error)


def _root_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
