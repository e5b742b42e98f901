"""Cells computed by a Ray cluster: one that is there, or one on this machine for as long as the sweep runs.

A cell is computed in a place: a Ray actor, so a process that keeps CLIP, the clips' list and its GPU from one
cell to the next. (Ray's tasks would not: where they have a GPU, their process ends after each.)
"""

import contextlib
import logging
import os
import re
import signal
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dfer import __version__
from dfer.errors import ConfigurationError
from dfer.experiments.launching.events import Event, Finished, Lost, OnLate, Started
from dfer.experiments.launching.ray_connection import connected
from dfer.experiments.launching.work import ATTEMPTS, Result, Work, compute, failed
from dfer.training.loop import Progress

_log = logging.getLogger("dfer.experiments")

_LOOK_AGAIN = 10.0
"""Seconds after which it is seen whether nodes joined the cluster or left it."""

_GRACE = 30.0
"""Seconds that stopped cells have to end the step under way and to keep their state."""


def on_ray(
    works: Iterator[Work],
    on_late: OnLate = lambda finished: None,
    *,
    jobs: int | None,
    cpus: float,
    gpus: float | None,
    address: str | None,
) -> Iterator[Event]:
    """Compute each cell where the cluster has `cpus` and `gpus` for it, at most `jobs` at a time.

    `gpus` may be a part of one; by default it is one if there are any. A cell without computes on processors.

    Without `jobs`, so many as the cluster's nodes have room for; with it, so many are asked for, which is
    what makes an autoscaling cluster grow. Without an `address`, that in RAY_ADDRESS, or the cluster that
    runs on this machine, or one that is started and ends with the sweep.

    A cell whose process or node died is started again here, not by Ray, so that it is heard of. Leaving the
    generator stops the cells, which keep their state, and ends their processes; `on_late` hears of those that
    were finished. If this process is killed, Ray ends them.

    Raises:
        ConfigurationError: Ray is not installed, no cluster is at the address, none of its nodes has room for
            a cell, or they have another dfer.
    """
    with connected(address) as ray:
        if gpus is None:
            gpus = float(_room(ray, 0, 1) > 0)
        if not _room(ray, cpus, gpus):
            what = f"no node of the Ray cluster has {_resources(cpus, gpus)}, which a cell asks for"
            if jobs is None:
                raise ConfigurationError(
                    what, hint="ask for less, add such a node, or say --jobs and wait until there is one"
                )
            _log.warning("%s; it is waited for", what)
        place = ray.remote(_Place).options(num_cpus=cpus, num_gpus=gpus, max_restarts=0, max_task_retries=0)
        going: dict[Any, _Going] = {}
        idle: list[Any] = []
        again: deque[tuple[Work, int]] = deque()
        try:
            while True:
                while len(going) < (jobs or max(1, _room(ray, cpus, gpus))):
                    if (cell := _next(again, works)) is None:
                        break
                    work, attempt = cell
                    at = idle.pop() if idle else place.remote(str(Path.cwd()))
                    call = at.compute.options(num_returns="streaming").remote(_placed(work, gpus))
                    going[call] = _Going(work=work, attempt=attempt, place=at)
                while idle:  # others may have what they hold
                    ray.kill(idle.pop())
                if not going:
                    return
                for call in ray.wait(list(going), timeout=_LOOK_AGAIN)[0]:
                    event = _heard(ray, call, going[call])
                    if isinstance(event, Finished):
                        at = going.pop(call).place
                        if event.result.failure == "unforeseen":
                            ray.kill(at)
                        else:
                            idle.append(at)
                    elif isinstance(event, Lost):
                        lost = going.pop(call)
                        ray.kill(lost.place)  # it may only have been out of reach
                        if lost.attempt == ATTEMPTS:
                            reason = f"started {ATTEMPTS} times, but each time {event.reason}"
                            event = Finished(work=lost.work, result=failed(lost.work, reason))
                        else:
                            again.append((lost.work, lost.attempt + 1))
                    yield event
        finally:
            _end(ray, going, idle, on_late)


@dataclass(kw_only=True, slots=True)
class _Going:
    """A cell on its way, for the `attempt`-th time."""

    work: Work
    attempt: int
    place: Any
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Arrived:
    """The first thing that a place says of a cell."""

    where: str
    dfer: str


class _Place:
    """Computes cells in a process of the cluster, one after the other."""

    def __init__(self, folder: str) -> None:
        # Where data is named relative to the driver's folder, it is there on shared storage, too.
        with contextlib.suppress(OSError):
            os.chdir(folder)

    def compute(self, work: Work) -> Iterator[_Arrived | Result]:
        import ray

        context = ray.get_runtime_context()
        node = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
        yield _Arrived(where=f"node {node}, process {os.getpid()}", dfer=__version__)

        asked = False

        def on_progress(progress: Progress) -> None:
            # Ray interrupts no actor, it tells it. The signal ends the step and keeps the state; a second
            # one would not wait for that.
            nonlocal asked
            if not asked and context.is_canceled():
                asked = True
                signal.raise_signal(signal.SIGTERM)

        yield compute(work, on_progress=on_progress)


def _heard(ray: Any, call: Any, going: _Going) -> Event:
    """What has come of a call that has something to say."""
    work = going.work
    try:
        said = ray.get(next(call))
    except ray.exceptions.RayTaskError as error:
        return Finished(work=work, result=failed(work, f"Ray could not compute it: {error.cause or error}"))
    except ray.exceptions.RayError as error:
        if isinstance(error, ray.exceptions.RayActorError) and error.actor_init_failed:
            raise ConfigurationError(
                f"the Ray cluster's processes cannot start: {_last_line(error)}",
                hint="install the same dfer on every node",
            ) from error
        return Lost(work=work, reason=f"{going.where or 'its process'} {_ending(error)}")
    if isinstance(said, Result):
        return Finished(work=work, result=said)
    if said.dfer != __version__:
        raise ConfigurationError(
            f"{said.where} has dfer {said.dfer}, this is {__version__}",
            hint="install the same dfer on every node",
        )
    going.where = said.where
    return Started(work=work, where=said.where)


def _ending(error: Exception) -> str:
    """ "died (NODE_OUT_OF_MEMORY)"; the rest of what Ray says is a page of guesses."""
    _log.debug("lost: %s", error)
    if "cancelled" in type(error).__name__.lower():
        return "was interrupted"
    kind = re.search(r"[Ee]xit type: (\w+)", str(error))
    return f"died ({kind[1]})" if kind else "died"


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].strip()


def _next(again: deque[tuple[Work, int]], works: Iterator[Work]) -> tuple[Work, int] | None:
    """The cell to start now, and which attempt at it that is."""
    if again:
        return again.popleft()
    work = next(works, None)
    return None if work is None else (work, 1)


def _placed(work: Work, gpus: float) -> Work:
    """Without a GPU of its own, a cell takes none: Ray does not hide them."""
    if gpus or work.machine.accelerator != "auto":
        return work
    return replace(work, machine=replace(work.machine, accelerator="cpu"))


def _room(ray: Any, cpus: float, gpus: float) -> int:
    """So many cells fit on the nodes that are there, if nobody else needs them."""
    asked = {name: amount for name, amount in (("CPU", cpus), ("GPU", gpus)) if amount}

    def on(resources: Mapping[str, float]) -> int:
        # A tenth of a CPU must fit ten times into one.
        each = [int(resources.get(name, 0) / amount + 1e-6) for name, amount in asked.items()]
        return min(each, default=1)

    return sum(on(node["Resources"]) for node in ray.nodes() if node["Alive"])


def _resources(cpus: float, gpus: float) -> str:
    return f"{cpus:g} CPUs" + (f" and {gpus:g} GPUs" if gpus else "")


def _end(ray: Any, going: dict[Any, _Going], idle: list[Any], on_late: OnLate) -> None:
    """Asks the cells to stop, waits a while, and ends their processes.

    Of a cell that was asked to stop Ray hands nothing over: what it finishes all the same is in its state.
    """
    places = [*idle, *(each.place for each in going.values())]
    try:
        with contextlib.suppress(ray.exceptions.RayError, ConfigurationError):
            for call in ray.wait(list(going), num_returns=len(going), timeout=0)[0] if going else ():
                event = _heard(ray, call, going[call])
                if isinstance(event, Finished) and event.result.failure is None:
                    on_late(event)
                    del going[call]
        with contextlib.suppress(ray.exceptions.RayError):
            for call in going:
                ray.cancel(call)
            ends = [call.completed() for call in going]
            if ends:
                ray.wait(ends, num_returns=len(ends), timeout=_GRACE)
    finally:
        for place in places:
            with contextlib.suppress(ray.exceptions.RayError):
                ray.kill(place)
