"""Asking a server: bounded concurrency, one retry layer, every outcome reported the moment it is there."""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from description_store.records import Answer
from dfer.describe.asking.adapting import Adaptation, learn
from dfer.describe.asking.completion import NotACompletion, read_completion
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.failures import Failure, understand
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.asking.secrets import scrub
from dfer.describe.asking.transport import connect

Api = Literal["auto", "chat", "responses"]
Turn = Literal["ask", "answered", "busy"]
Next = Literal["give up", "try again", "adapt"]

_LOOK_AGAIN_SECONDS = 0.2
# Answers in flight when the asking stops are paid for: they are waited for this long.
_GRACE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long to go on trying. Times in seconds; `answer` is for one whole attempt, not per read."""

    attempts: int = 4
    answer: float = 300.0
    longest_wait: float = 120.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Exponential with jitter, or what the server asked for."""
        backoff = min(0.5 * 2 ** (attempt - 1), 8.0) * random.uniform(0.75, 1.0)
        return backoff if asked is None else asked + random.uniform(0.0, 0.25)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """What the caller does as things happen, all in the calling thread.

    `on_turn` decides right before a question would be sent: another process may have the answer by now, or be
    busy getting it. `on_answer` has the answer on disk before the next one is awaited; it gets the request
    that was asked for, the names of the parameters that were left out, the answer, and whether another try
    follows. `keep_alive` is called every `keep_alive_seconds` while questions are in flight.
    """

    on_turn: Callable[[AnswerRequest], Turn]
    on_answer: Callable[[AnswerRequest, frozenset[str], Answer, bool], None]
    on_failure: Callable[[AnswerRequest, Failure, Next, float], None]
    on_adaptation: Callable[[str], None]
    keep_alive: Callable[[], None]
    keep_alive_seconds: float


def ask_all(
    requests: Sequence[AnswerRequest],
    *,
    endpoint: Endpoint,
    concurrency: int,
    patience: Patience,
    listener: Listener,
    drop_unsupported: bool = False,
    may_switch_api: bool = True,
) -> None:
    """Ask every question once, at most `concurrency` at a time.

    A terminal failure, or an error of the listener, stops the asking: no further question is sent, those in
    flight may still be answered, and what was answered stays.

    Raises:
        ConfigurationError: no key, or no way to connect (a missing certificate file, a missing package).
    """
    key = endpoint.require_key()
    asking = _Asking(endpoint, patience, listener, drop_unsupported, may_switch_api)
    asyncio.run(asking.all(requests, key=key, concurrency=concurrency))


class _Asking:
    """One run. Its workers share a pause, since a rate limit is the account's, and what was learnt."""

    def __init__(
        self,
        endpoint: Endpoint,
        patience: Patience,
        listener: Listener,
        drop_unsupported: bool,
        may_switch_api: bool,
    ) -> None:
        self.endpoint = endpoint
        self.patience = patience
        self.listener = listener
        self.drop_unsupported = drop_unsupported
        self.may_switch_api = may_switch_api
        self.adaptation = Adaptation()
        self.resume_at = 0.0
        self.stop = asyncio.Event()

    async def all(self, requests: Sequence[AnswerRequest], *, key: str, concurrency: int) -> None:
        queue = deque(requests)
        try:
            client = connect(self.endpoint, key)
        except Exception as error:
            raise understand(error, endpoint=self.endpoint).as_error() from error
        async with client:
            workers = [
                asyncio.create_task(self.work(client, queue)) for _ in range(min(concurrency, len(requests)))
            ]
            heart = asyncio.create_task(self.beat())
            try:
                await self.until_done(workers)
            finally:
                for task in (heart, *workers):
                    task.cancel()
                results = await asyncio.gather(*workers, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def until_done(self, workers: "Sequence[asyncio.Task[None]]") -> None:
        stopped = asyncio.create_task(self.stop.wait())
        everyone = asyncio.create_task(asyncio.wait(workers))
        try:
            await asyncio.wait({everyone, stopped}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(workers, timeout=_GRACE_SECONDS)
        finally:
            stopped.cancel()
            everyone.cancel()

    async def work(self, client: Any, queue: deque[AnswerRequest]) -> None:
        try:
            while queue and not self.stop.is_set():
                request = queue.popleft()
                turn = self.listener.on_turn(request)
                if turn == "ask":
                    await self.ask(client, request)
                elif turn == "busy":
                    queue.append(request)
                    await self.sleep(_LOOK_AGAIN_SECONDS)
        except BaseException:
            self.stop.set()
            raise

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(self.listener.keep_alive_seconds)
            self.listener.keep_alive()

    async def sleep(self, seconds: float) -> None:
        """Until then, or until the asking stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)

    async def ask(self, client: Any, asked: AnswerRequest) -> None:
        """Ask until answered or out of patience; a failure that would hit every question stops the asking."""
        attempt = empty = 0
        while True:
            while not self.stop.is_set() and (pause := self.resume_at - time.monotonic()) > 0:
                await self.sleep(pause)
            if self.stop.is_set():
                return  # woken from a pause: whoever stopped the asking has said why
            attempt += 1
            used, sent = self.adaptation, self.adaptation.apply(asked)
            started = time.monotonic()
            try:
                answer = await self.ask_once(client, sent)
            except Exception as error:
                failure = understand(error, endpoint=self.endpoint, request=sent)
            else:
                # An empty answer is often an accident; a second one is not.
                empty += answer.verdict == "empty"
                again = answer.verdict == "empty" and empty == 1 and not self.stop.is_set()
                dropped = frozenset(name for name in asked.params if name in used.dropped)
                self.listener.on_answer(asked, dropped, answer, again)
                if again:
                    continue
                return
            decision = self.decide(failure, asked, used, attempt)
            self.listener.on_failure(asked, failure, decision, time.monotonic() - started)
            if decision == "give up":
                if failure.terminal or self.is_too_long(failure):
                    self.stop.set()
                return
            if decision == "adapt":
                attempt -= 1
                continue
            wait = self.patience.wait(attempt, failure.retry_after)
            if failure.outcome == "rate limit":
                self.resume_at = max(self.resume_at, time.monotonic() + wait)
            else:
                await self.sleep(wait)

    def decide(self, failure: Failure, asked: AnswerRequest, used: Adaptation, attempt: int) -> Next:
        if self.stop.is_set():
            return "give up"
        if failure.parameter or failure.wants_responses:
            if self.adaptation.apply(asked) != used.apply(asked):
                return "adapt"  # another question met the same limit meanwhile
            learnt = learn(
                used,
                failure,
                asked,
                drop_unsupported=self.drop_unsupported,
                may_switch_api=self.may_switch_api,
            )
            if learnt:
                self.adaptation = learnt.adaptation
                self.listener.on_adaptation(learnt.said)
                return "adapt"
        # A server that is not there is tried once more only, so that the message comes within seconds.
        most = min(2, self.patience.attempts) if failure.outcome == "unreachable" else self.patience.attempts
        again = failure.retry and attempt < most and not self.is_too_long(failure)
        return "try again" if again else "give up"

    def is_too_long(self, failure: Failure) -> bool:
        return (failure.retry_after or 0.0) > self.patience.longest_wait

    async def ask_once(self, client: Any, request: AnswerRequest) -> Answer:
        started = time.monotonic()
        # The SDK's timeout is per read: a server that trickles outlives it. This one is for the whole answer.
        async with asyncio.timeout(self.patience.answer):
            response = await _send(client, request, self.patience.answer)
        try:
            body = scrub(response.content.decode("utf-8"), self.endpoint.secrets)
        except UnicodeDecodeError as error:
            shown = response.content.decode("utf-8", "backslashreplace")
            raise NotACompletion(f"the response is not UTF-8: {shown[:60]!r}", body=shown) from error
        # Read after the key was taken out, so that a server which echoes it cannot put it into the words.
        completion = read_completion(body, api=request.api)
        return Answer(
            key=request.key,
            identity=request.identity,
            text=completion.text,
            raw=body,
            verdict=completion.verdict,
            reason=completion.reason,
            finish_reason=completion.finish_reason,
            resolved_model=completion.resolved_model,
            system_fingerprint=completion.system_fingerprint,
            request_id=scrub(response.headers.get("x-request-id") or "", self.endpoint.secrets) or None,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            seconds=round(time.monotonic() - started, 3),
        )


async def _send(client: Any, request: AnswerRequest, timeout: float) -> Any:
    """The body goes as it stands, past the SDK's own idea of what there is.

    Matching messages to the SDK's types would be a fifth of all the time that a question takes here.
    """
    messages = [dict(message) for message in request.messages]
    if request.api == "responses":
        return await client.responses.with_raw_response.create(
            model=request.model, input=[], timeout=timeout, extra_body={"input": messages, **request.params}
        )
    return await client.chat.completions.with_raw_response.create(
        model=request.model, messages=[], timeout=timeout, extra_body={"messages": messages, **request.params}
    )
