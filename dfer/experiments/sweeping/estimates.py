"""How long a sweep will take, from runs like its cells where there are any; and how much disk."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlite_utils import Database

from dfer.experiments.launching.work import Work
from dfer.training.preparing import Loaded, prepare


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """`seconds` is None as long as no run of some protocol was finished here; `bytes` is of checkpoints."""

    seconds: float | None
    bytes: int


def estimate(
    db: Database, works: Sequence[Work], loaded: Mapping[tuple[str, ...], Loaded], *, jobs: int
) -> Estimate:
    """For computing all of `works`, so many at once."""
    by_protocol: dict[str, list[Work]] = {}
    for work in works:
        by_protocol.setdefault(work.spec.protocol_hash, []).append(work)
    known = _mean_seconds(db, list(by_protocol))
    seconds: float | None = None
    if by_protocol.keys() <= known.keys():
        longest = max((known[protocol] for protocol in by_protocol), default=0.0)
        in_all = sum(known[protocol] * len(like) for protocol, like in by_protocol.items())
        seconds = max(longest, in_all / jobs)
    size = 0
    for like in by_protocol.values():
        size += len(like) * _weights_bytes(like[0], loaded[like[0].description_set.class_names])
    return Estimate(seconds=seconds, bytes=size)


def _mean_seconds(db: Database, protocols: Sequence[str]) -> dict[str, float]:
    sql = """
        SELECT protocol_hash, avg(seconds) FROM runs
        WHERE status = 'finished' AND seconds IS NOT NULL
          AND protocol_hash IN (SELECT value FROM json_each(?))
        GROUP BY protocol_hash
    """
    return dict(db.execute(sql, [json.dumps(list(protocols))]).fetchall())


def _weights_bytes(work: Work, loaded: Loaded) -> int:
    """Of what training makes, twice where another epoch than the last may be selected."""
    own = replace(loaded, clip=copy.deepcopy(loaded.clip))  # building takes it over
    prepared = prepare(work.description_set, work.source, loaded=own, **work.options)
    if not prepared.trains:
        return 0
    state = prepared.build().trainable_state()
    size = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    return size if prepared.spec.selection == "last" else 2 * size
