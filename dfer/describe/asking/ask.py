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
from dfer.describe.asking.failures import Failure, scrub, understand
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


def ask_all(
    requests: Sequence[AnswerRequest],
    *,
    endpoint: Endpoint,
    concurrency: int,
    patience: Patience,
    on_answer: Callable[[AnswerRequest, Answer], None],
    on_failure: Callable[[AnswerRequest, Failure, bool], None],
) -> None:
    """Ask every question once, at most `concurrency` at a time.

    `on_answer` and `on_failure` run in the calling thread as things happen, so that an answer is on disk
    before the next one is awaited. `on_failure`'s last argument says whether another try follows. A terminal
    failure stops the asking: questions in flight are given up, what was answered stays.

    Raises:
        ConfigurationError: no key.
    """
    key = endpoint.require_key()
    asyncio.run(
        _ask_all(
            requests,
            endpoint=endpoint,
            key=key,
            concurrency=concurrency,
            patience=patience,
            on_answer=on_answer,
            on_failure=on_failure,
        )
    )


async def _ask_all(
    requests: Sequence[AnswerRequest],
    *,
    endpoint: Endpoint,
    key: str,
    concurrency: int,
    patience: Patience,
    on_answer: Callable[[AnswerRequest, Answer], None],
    on_failure: Callable[[AnswerRequest, Failure, bool], None],
) -> None:
    from openai import AsyncOpenAI

    queue: asyncio.Queue[AnswerRequest] = asyncio.Queue()
    for request in requests:
        queue.put_nowait(request)
    stop = asyncio.Event()

    async def worker(client: Any) -> None:
        while not stop.is_set() and not queue.empty():
            if await _ask(client, queue.get_nowait(), endpoint, patience, on_answer, on_failure):
                stop.set()

    # max_retries=0: the SDK's own retries would multiply with ours and hide what happened.
    async with AsyncOpenAI(base_url=endpoint.base_url, api_key=key, max_retries=0) as client:
        workers = [asyncio.create_task(worker(client)) for _ in range(min(concurrency, len(requests)))]
        stopped = asyncio.create_task(stop.wait())
        try:
            pending: set[asyncio.Task[Any]] = set(workers)
            while pending and not stop.is_set():
                _, waiting = await asyncio.wait({*pending, stopped}, return_when=asyncio.FIRST_COMPLETED)
                pending = waiting - {stopped}
        finally:
            for task in (*workers, stopped):
                task.cancel()
            done = await asyncio.gather(*workers, stopped, return_exceptions=True)
    for result in done:
        if isinstance(result, Exception):
            raise result


async def _ask(
    client: Any,
    request: AnswerRequest,
    endpoint: Endpoint,
    patience: Patience,
    on_answer: Callable[[AnswerRequest, Answer], None],
    on_failure: Callable[[AnswerRequest, Failure, bool], None],
) -> bool:
    """Ask until answered or out of patience. True if the failure was terminal."""
    for attempt in range(1, patience.attempts + 1):
        try:
            answer = await _ask_once(client, request, endpoint, patience)
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except Exception as error:
            failure = understand(error, endpoint=endpoint, model=request.model)
        else:
            on_answer(request, answer)
            return False
        too_long = (failure.retry_after or 0.0) > patience.longest_wait
        again = failure.retry and attempt < patience.attempts and not too_long
        on_failure(request, failure, again)
        if not again:
            return failure.terminal or too_long
        await asyncio.sleep(patience.wait(attempt, failure.retry_after))
    raise AssertionError("unreachable: the last attempt never asks for another")


async def _ask_once(client: Any, request: AnswerRequest, endpoint: Endpoint, patience: Patience) -> Answer:
    started = time.monotonic()
    # The SDK's timeout is per read: a server that trickles outlives it. This one is for the whole answer.
    async with asyncio.timeout(patience.answer):
        response = await client.chat.completions.with_raw_response.create(
            model=request.model,
            messages=[dict(message) for message in request.messages],
            timeout=patience.answer,
            **request.params,
        )
    try:
        body = response.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotACompletion(f"the response is not UTF-8: {response.content[:60]!r}") from error
    completion = read_completion(body)
    return Answer(
        key=request.key,
        identity=request.identity,
        text=completion.text,
        raw=scrub(body, endpoint.key if endpoint.key_source != "no key" else None),
        verdict=completion.verdict,
        reason=completion.reason,
        finish_reason=completion.finish_reason,
        resolved_model=completion.resolved_model,
        system_fingerprint=completion.system_fingerprint,
        request_id=response.headers.get("x-request-id"),
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        seconds=round(time.monotonic() - started, 3),
    )
