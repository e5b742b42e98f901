"""What a failed request means: try again, give this class up, or stop everything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dfer.describe.asking.causes import hint_for, proxy_hint
from dfer.describe.asking.completion import NotACompletion, beginning
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.parameters import for_responses
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.asking.secrets import scrub
from dfer.errors import ConfigurationError, ContentError, DferError, ProviderError

_NOT_TAKEN = re.compile(
    r"unsupported|not supported|does(?: not|n't) support|unrecogni[sz]ed|unknown|unexpected|not permitted"
    r"|extra inputs|not allowed",
    re.IGNORECASE,
)
_WANTS_RESPONSES = re.compile(r"v1/responses|not a chat model|responses api", re.IGNORECASE)
# The server was there and took the request: what the layers below the SDK say of a connection that ended.
_BROKEN_OFF = re.compile(
    r"disconnected|peer closed|reset by peer|ReadError|WriteError|BrokenResourceError|RemoteProtocolError"
)
NOT_YOURS = "services answer so too where your account may not use the model"
_LONGEST_KEPT = 20_000  # characters
_RERUN = "answers so far are kept; run the same command again to ask only for the rest"


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """`retry`: a later try may work. `terminal`: if none does, no other question need be asked.

    `retry_after`: the server's wish, in seconds. `body` is kept up to a length.
    `parameter`: the one that the server does not take. `wants_responses`: it knows the model, but only by
    the Responses API.
    """

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
    parameter: str | None = None
    wants_responses: bool = False

    def as_error(self) -> DferError:
        return self.kind(self.message, hint=self.hint)


def understand(
    error: BaseException,
    *,
    endpoint: Endpoint,
    request: AnswerRequest | None = None,
    timeout: float | None = None,
) -> Failure:
    """Sort an exception of the SDK, of the transport below it, or of our reading of the body.

    `timeout`: how many seconds the answer had.
    """
    import openai

    where = endpoint.base_url

    if isinstance(error, openai.APIStatusError):
        return _status(error, endpoint, request)
    if type(error.__cause__).__name__ == "ConnectTimeout":
        return Failure(
            outcome="unreachable",
            message=f"cannot reach {where}: it does not take the connection",
            hint=hint_for("", endpoint),
            retry=True,
            terminal=True,
        )
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        hint = proxy_hint(endpoint) or "--timeout gives it longer"
        message = f"{where} did not answer in time" + (f" ({timeout:g} s)" if timeout else "")
        return Failure(outcome="timeout", message=message, hint=hint, retry=True)
    if isinstance(error, openai.APIConnectionError):
        cause = scrub(_root_cause(error), endpoint.secrets)
        if _BROKEN_OFF.search(cause):
            message = f"{where} broke the connection off: {cause}"
            return Failure(outcome="broken off", message=message, hint=_rerun(endpoint), retry=True)
        return Failure(
            outcome="unreachable",
            message=f"cannot reach {where}: {cause}",
            hint=hint_for(cause, endpoint),
            retry=True,
            terminal=True,
        )
    if isinstance(error, NotACompletion):
        said = scrub(str(error), endpoint.secrets)
        return Failure(
            outcome="no completion",
            message=f"{where} answered, but not with a chat completion: {said}",
            hint=_address_hint(endpoint),
            http_status=200,
            retry=error.passing,
            terminal=not error.passing,
            kind=ProviderError if error.passing else ConfigurationError,
            body=_kept(error.body, endpoint),
        )
    # Anything else is below the SDK (a missing SOCKS package, a certificate file): say it plainly.
    cause = scrub(f"{type(error).__name__}: {_root_cause(error)}", endpoint.secrets)
    return Failure(
        outcome="transport",
        message=f"request to {where} failed: {cause}",
        hint=hint_for(cause, endpoint),
        terminal=True,
        kind=ConfigurationError,
    )


def _status(error: Any, endpoint: Endpoint, request: AnswerRequest | None) -> Failure:
    where, status = endpoint.base_url, error.status_code
    code = None if error.code is None else scrub(str(error.code), endpoint.secrets)[:80]
    said = beginning(scrub(_server_message(error), endpoint.secrets))
    failure = Failure(
        outcome="refused request",
        message=f"{where} answered {status}: {said}",
        hint=proxy_hint(endpoint),
        http_status=status,
        error_code=code,
        terminal=True,
        kind=ConfigurationError,
        body=_kept(error.response.text, endpoint),
    )
    if 300 <= status < 400:
        return _say(failure, "redirect", _redirect(error, endpoint))
    if status in (401, 407):
        return _say(failure, "unauthorised", _unauthorised(status, endpoint, said))
    if status == 402:
        hint = "add credit and run the same command again: answers so far are kept"
        return replace(failure, outcome="payment", hint=hint, kind=ProviderError)
    if status == 403:
        hint = "does the key have access, and is the service offered in your region?"
        return replace(failure, outcome="forbidden", hint=proxy_hint(endpoint) or hint)
    if status in (400, 404) and _WANTS_RESPONSES.search(said):
        return replace(
            failure,
            outcome="other API",
            hint=_other_api_hint(request),
            wants_responses=True,
        )
    if status == 404 and request is not None and _misses_model(error, request, said):
        message = f"{where} knows no model {request.model!r} (or no chat completions): {said}"
        return _say(failure, "unknown model", (message, f"check the model's name; {NOT_YOURS}"))
    if status == 404:
        what = "does not list its models"
        if request is not None:
            what = "has no Responses API" if request.api == "responses" else "has no chat completions"
        return _say(failure, "not found", (f"{where} {what}: {said}", _address_hint(endpoint)))
    if status in (400, 422) and (name := _refused_parameter(error, request)):
        assert request is not None, "a parameter was found in it"
        return replace(
            failure,
            outcome="unsupported parameter",
            message=f"{where} does not take {name}={request.params[name]}: {said}",
            hint="leave it out, or let dfer leave it out with --drop-unsupported, which is recorded",
            parameter=name,
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
            hint=_rerun(endpoint),
            terminal=False,
            retry=True,
            retry_after=retry_after(error.response.headers),
            kind=ProviderError,
        )
    if status in (400, 413, 422):
        return failure  # mostly about this one question: see as_of_one_question
    return replace(failure, outcome="refused", hint=_address_hint(endpoint))


def as_of_one_question(failure: Failure, *, server_is_known: bool) -> Failure:
    """The same failure where it need not concern other questions.

    A request that is refused may be refused for its words. And what would be a wrong address at first contact
    is an accident of a server that has answered before.
    """
    if failure.outcome == "refused request":
        return replace(failure, terminal=False)
    if server_is_known and failure.outcome in ("no completion", "unreachable"):
        again = failure.outcome == "unreachable"
        return replace(failure, retry=True, terminal=again, kind=ProviderError, hint=_RERUN)
    return failure


def _rerun(endpoint: Endpoint) -> str:
    return f"{_RERUN}; {proxied}" if (proxied := proxy_hint(endpoint)) else _RERUN


def _say(failure: Failure, outcome: str, message_and_hint: tuple[str, str]) -> Failure:
    message, hint = message_and_hint
    return replace(failure, outcome=outcome, message=message, hint=hint)


def _redirect(error: Any, endpoint: Endpoint) -> tuple[str, str]:
    target = error.response.headers.get("location", "nowhere")
    target = re.sub(r"/(chat/completions|responses|models)/?(\?.*)?$", "", target)
    target = scrub(re.sub(r"//[^/@]*@", "//", target), endpoint.secrets)
    if target == endpoint.base_url:
        hint = "it redirects to itself: something between here and the server is set up wrongly"
    else:
        hint = "if that is the server you mean, give its address as --base-url; no key is sent elsewhere"
    if proxied := proxy_hint(endpoint):
        hint = f"{hint}; {proxied}"
    return f"{endpoint.base_url} redirects to {beginning(target)}", hint


def _unauthorised(status: int, endpoint: Endpoint, said: str) -> tuple[str, str]:
    where = endpoint.base_url
    if status == 407:
        return f"the proxy on the way to {where} wants a login: {said}", proxy_hint(endpoint)
    if endpoint.key_source == "no key":
        return (
            f"{where} wants a key, and none was sent: {said}",
            "name the environment variable that holds it with --key-env; "
            "OPENAI_API_KEY is not sent to other servers by itself",
        )
    return (
        f"{where} does not accept the key from {endpoint.key_source}: {said}",
        "set the right key in the environment, or name its variable with --key-env",
    )


def _misses_model(error: Any, request: AnswerRequest, said: str) -> bool:
    """A server that knows the path says what it misses."""
    name = rf"(?<!\w)({re.escape(request.model)}|model)(?!\w)"
    return error.code == "model_not_found" or bool(re.search(name, said, re.IGNORECASE))


def _other_api_hint(request: AnswerRequest | None) -> str:
    if request is None or request.api == "responses":
        return "the server does not have this model in the Responses API: try --api chat"
    if lacking := for_responses(request.params)[1]:
        return (
            f"the Responses API, by which this model is asked, has no {' or '.join(lacking)}: leave it out, "
            "or let dfer leave it out with --drop-unsupported"
        )
    return "--api auto switches to the Responses API by itself; a text completion model will not do"


def _kept(body: str, endpoint: Endpoint) -> str:
    # Some servers send megabytes of a web page with every error.
    return scrub(body[:_LONGEST_KEPT], endpoint.secrets)


def _address_hint(endpoint: Endpoint) -> str:
    where = endpoint.base_url
    hint = "is it the address of an OpenAI-compatible server?"
    if not where.endswith("/v1"):
        hint = f"the address of an OpenAI-compatible server mostly ends in /v1: try --base-url {where}/v1"
    return f"{hint}; {proxied}" if (proxied := proxy_hint(endpoint)) else hint


def _refused_parameter(error: Any, request: AnswerRequest | None) -> str | None:
    """Which of the parameters that were sent the server says it does not take, if it says so."""
    if request is None:
        return None
    said = _server_message(error)
    if not (str(error.code).startswith("unsupported_") or _NOT_TAKEN.search(said)):
        return None
    named = [str(getattr(error, "param", None) or ""), said]
    for text in named:
        for name in request.params:
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                return name
    return None


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
