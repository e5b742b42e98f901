"""Asking a server: bounded concurrency, one retry layer, every outcome reported the moment it is there."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from description_store.records import Answer
from dfer.describe.asking.adapting import Adaptation, learn
from dfer.describe.asking.completion import NotACompletion, read_completion
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.failures import Failure, as_of_one_question, understand
from dfer.describe.asking.patience import Patience
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.asking.secrets import scrub
from dfer.describe.asking.transport import CONNECT_SECONDS, connect

Turn = Literal["ask", "answered", "busy"]
Next = Literal["give up", "try again", "adapt"]

_LOOK_AGAIN_SECONDS = 0.2
_ROOM_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """What the caller does as things happen, all in the calling thread.

    `on_turn` decides right before a question would be sent: another process may have the answer by now, or be
    busy getting it. `on_answer` has the answer on disk before the next one is awaited; it gets the request
    that was asked for, the names of the parameters that were left out, the answer, and whether another try
    follows. `on_stopping` gets the number of answers that are on their way when the asking stops.
    `keep_alive` is called every `keep_alive_seconds` while questions are in flight.
    """

    on_turn: Callable[[AnswerRequest], Turn]
    on_answer: Callable[[AnswerRequest, frozenset[str], Answer, bool], None]
    on_failure: Callable[[AnswerRequest, Failure, Next, float], None]
    on_adaptation: Callable[[str], None]
    on_stopping: Callable[[int], None]
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

    A terminal failure, or an error of the listener, stops the asking: no further question is sent. Those in
    flight are paid for, so they are waited for, and what was answered stays.

    Raises:
        ConfigurationError: no key, or no way to connect (a missing certificate file, a missing package).
    """
    key = endpoint.require_key()
    asking = _Asking(endpoint, patience, listener, concurrency, drop_unsupported, may_switch_api)
    asyncio.run(asking.all(requests, key=key))


class _Asking:
    """One run. Its workers share what was learnt, and a rate limit, which is the account's.

    After a rate limit there is room for half as many questions at once, and each answer makes room again:
    workers that all wake up together would only spend their tries.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        patience: Patience,
        listener: Listener,
        concurrency: int,
        drop_unsupported: bool,
        may_switch_api: bool,
    ) -> None:
        self.endpoint = endpoint
        self.patience = patience
        self.listener = listener
        self.concurrency = concurrency
        self.drop_unsupported = drop_unsupported
        self.may_switch_api = may_switch_api
        self.adaptation = Adaptation()
        self.room = float(concurrency)
        self.resume_at = 0.0
        self.in_flight = self.answered = self.refused = 0
        self.stop = asyncio.Event()

    async def all(self, requests: Sequence[AnswerRequest], *, key: str) -> None:
        queue = deque(requests)
        try:
            client = connect(self.endpoint, key)
        except Exception as error:
            raise understand(error, endpoint=self.endpoint).as_error() from None
        async with client:
            number = min(self.concurrency, len(requests))
            workers = [asyncio.create_task(self.work(client, queue)) for _ in range(number)]
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
            if self.in_flight:
                self.listener.on_stopping(self.in_flight)
            await asyncio.wait(workers)
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

    async def may_send(self) -> bool:
        """Wait until a pause is over and there is room; False if the asking stopped meanwhile."""
        while not self.stop.is_set():
            pause = self.resume_at - time.monotonic()
            if pause <= 0 and self.in_flight < self.room:
                return True
            await self.sleep(max(pause, _ROOM_SECONDS))
        return False

    async def ask(self, client: Any, asked: AnswerRequest) -> None:
        """Ask until answered or out of patience; a failure that would hit every question stops the asking."""
        tries = empty = 0
        answered_before = self.answered
        while await self.may_send():
            tries += 1
            used, sent = self.adaptation, self.adaptation.apply(asked)
            started = time.monotonic()
            self.in_flight += 1
            try:
                answer = await self.ask_once(client, sent)
            except asyncio.CancelledError:
                abandoned = Failure(outcome="abandoned", message="given up while its answer was on its way")
                self.listener.on_failure(asked, abandoned, "give up", time.monotonic() - started)
                raise
            except Exception as error:
                failure = self.understand(error, sent)
            else:
                self.answered += 1
                self.room = min(self.concurrency, self.room + 1 / self.room)
                # An empty answer is often an accident; a second one is not.
                empty += answer.verdict == "empty"
                again = answer.verdict == "empty" and empty == 1 and not self.stop.is_set()
                dropped = frozenset(name for name in asked.params if name in used.dropped)
                self.listener.on_answer(asked, dropped, answer, again)
                if again:
                    continue
                return
            finally:
                self.in_flight -= 1
            if failure.outcome == "rate limit":
                self.room = max(1.0, self.room / 2)
                if self.answered > answered_before:
                    # The account works: waiting for one's turn costs no patience.
                    tries, answered_before = 1, self.answered
            decision = self.decide(failure, asked, used, tries)
            self.listener.on_failure(asked, failure, decision, time.monotonic() - started)
            if decision == "give up":
                if failure.terminal or self.is_too_long(failure):
                    self.stop.set()
                return
            if decision == "adapt":
                tries -= 1
                continue
            wait = self.patience.wait(tries, failure.retry_after)
            if failure.outcome == "rate limit" or failure.retry_after is not None:
                self.resume_at = max(self.resume_at, time.monotonic() + wait)
            else:
                await self.sleep(wait)

    def understand(self, error: Exception, sent: AnswerRequest) -> Failure:
        failure = understand(error, endpoint=self.endpoint, request=sent, timeout=self.patience.answer)
        if failure.outcome == "refused request":
            self.refused += 1
        if self.answered or self.refused == 1:
            failure = as_of_one_question(failure, server_is_known=bool(self.answered))
        if self.is_too_long(failure):
            failure = replace(
                failure,
                message=f"{failure.message}; it asks for a wait of {failure.retry_after:,.0f} s",
                hint=f"--max-wait allows longer waits; {failure.hint}",
            )
        return failure

    def decide(self, failure: Failure, asked: AnswerRequest, used: Adaptation, tries: int) -> Next:
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
        most = self.patience.attempts
        if failure.outcome == "unreachable" and not self.answered:
            # A server that was never there is tried once more only: the message comes within seconds.
            most = min(2, most)
        again = failure.retry and tries < most and not self.is_too_long(failure)
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
    """What is asked goes as it stands, past the SDK's own idea of it, which costs a sixth of its time."""
    from openai import Timeout

    asked = {"model": request.model, "timeout": Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))}
    messages = [dict(message) for message in request.messages]
    if request.api == "responses":
        return await client.responses.with_raw_response.create(
            **asked, extra_body={"input": messages} | request.params
        )
    return await client.chat.completions.with_raw_response.create(
        **asked, messages=[], extra_body={"messages": messages} | request.params
    )
