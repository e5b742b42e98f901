"""Asking a server: bounded concurrency, one retry layer, every outcome reported the moment it is there."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from description_store.records import Answer
from dfer.describe.asking.completion import NotACompletion, read_completion
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.failures import Failure, understand, without_key
from dfer.describe.asking.request import AnswerRequest


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

    `is_answered` is asked right before a question is sent, so that nothing is paid for that another process
    has received meanwhile. `on_answer` has the answer on disk before the next one is awaited. The last
    argument of `on_failure` says whether another try follows.
    """

    is_answered: Callable[[AnswerRequest], bool]
    on_answer: Callable[[AnswerRequest, Answer], None]
    on_failure: Callable[[AnswerRequest, Failure, bool], None]


def ask_all(
    requests: Sequence[AnswerRequest],
    *,
    endpoint: Endpoint,
    concurrency: int,
    patience: Patience,
    listener: Listener,
) -> None:
    """Ask every question once, at most `concurrency` at a time.

    A terminal failure, or an error of the listener, stops the asking: questions in flight are given up, what
    was answered stays.

    Raises:
        ConfigurationError: no key.
    """
    key = endpoint.require_key()
    asyncio.run(_Asking(endpoint, patience, listener).all(requests, key=key, concurrency=concurrency))


class _Asking:
    """One run of questions. Its workers share one pause: a rate limit is the account's, not a question's."""

    def __init__(self, endpoint: Endpoint, patience: Patience, listener: Listener) -> None:
        self.endpoint = endpoint
        self.patience = patience
        self.listener = listener
        self.resume_at = 0.0

    async def all(self, requests: Sequence[AnswerRequest], *, key: str, concurrency: int) -> None:
        from openai import AsyncOpenAI

        queue = list(reversed(requests))
        stop = asyncio.Event()

        async def worker(client: Any) -> None:
            try:
                while queue and not stop.is_set():
                    if await self.ask(client, queue.pop()):
                        stop.set()
            except BaseException:
                stop.set()
                raise

        # max_retries=0: the SDK's own retries would multiply with ours and hide what happened.
        async with AsyncOpenAI(base_url=self.endpoint.base_url, api_key=key, max_retries=0) as client:
            workers = [asyncio.create_task(worker(client)) for _ in range(min(concurrency, len(requests)))]
            everyone = asyncio.create_task(_all_done(workers))
            stopped = asyncio.create_task(stop.wait())
            waited_for: set[asyncio.Task[Any]] = {everyone, stopped}
            try:
                await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*workers, *waited_for):
                    task.cancel()
                results = await asyncio.gather(*workers, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def ask(self, client: Any, request: AnswerRequest) -> bool:
        """Ask until answered or out of patience. True if no other question need be asked."""
        for attempt in range(1, self.patience.attempts + 1):
            while (pause := self.resume_at - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            if self.listener.is_answered(request):
                return False
            try:
                answer = await self.ask_once(client, request)
            except Exception as error:
                failure = understand(error, endpoint=self.endpoint, model=request.model)
            else:
                self.listener.on_answer(request, answer)
                return False
            too_long = (failure.retry_after or 0.0) > self.patience.longest_wait
            # A server that is not there is tried once more only, so that the message comes within seconds.
            most = (
                min(2, self.patience.attempts) if failure.outcome == "unreachable" else self.patience.attempts
            )
            again = failure.retry and attempt < most and not too_long
            self.listener.on_failure(request, failure, again)
            if not again:
                return failure.terminal or too_long
            wait = self.patience.wait(attempt, failure.retry_after)
            if failure.outcome == "rate limit":
                self.resume_at = max(self.resume_at, time.monotonic() + wait)
            else:
                await asyncio.sleep(wait)
        raise AssertionError("unreachable: the last attempt never asks for another")

    async def ask_once(self, client: Any, request: AnswerRequest) -> Answer:
        started = time.monotonic()
        # The SDK's timeout is per read: a server that trickles outlives it. This one is for the whole answer.
        async with asyncio.timeout(self.patience.answer):
            response = await client.chat.completions.with_raw_response.create(
                model=request.model,
                messages=[dict(message) for message in request.messages],
                timeout=self.patience.answer,
                **request.params,
            )
        try:
            body = without_key(response.content.decode("utf-8"), self.endpoint)
        except UnicodeDecodeError as error:
            shown = response.content.decode("utf-8", "backslashreplace")
            raise NotACompletion(f"the response is not UTF-8: {shown[:60]!r}", body=shown) from error
        # Read after the key was taken out, so that a server which echoes it cannot put it into the words.
        completion = read_completion(body)
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
            request_id=without_key(response.headers.get("x-request-id") or "", self.endpoint) or None,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            seconds=round(time.monotonic() - started, 3),
        )


async def _all_done(workers: Sequence["asyncio.Task[None]"]) -> None:
    await asyncio.wait(workers)
