"""Meeting a server's limits: the same question by another name, another API, or without a parameter.

What a server does not take is learnt once in a run and recorded with every answer (`description_store` keeps
the key of the request that was asked for beside the key of the one that was sent).
"""

from dataclasses import dataclass, replace

from dfer.describe.asking.failures import Failure
from dfer.describe.asking.parameters import for_responses
from dfer.describe.asking.request import AnswerRequest

_OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Adaptation:
    """What one run has learnt of its server. `dropped` names parameters as they were asked for."""

    other_limit_name: bool = False
    responses: bool = False
    dropped: frozenset[str] = frozenset()

    def apply(self, asked: AnswerRequest) -> AnswerRequest:
        """The request to send for the one that was asked for; the very same where nothing was learnt."""
        params = {name: value for name, value in asked.params.items() if name not in self.dropped}
        if self.other_limit_name:
            params = {_OTHER_LIMIT.get(name, name): value for name, value in params.items()}
        if self.responses and asked.api == "chat":
            # What this API lacks was refused before, or is in `dropped`.
            return replace(asked, api="responses", params=for_responses(params)[0])
        return asked if params == asked.params else replace(asked, params=params)


@dataclass(frozen=True, kw_only=True, slots=True)
class Learnt:
    """A wider adaptation, and what changed in plain words."""

    adaptation: Adaptation
    said: str


def learn(
    known: Adaptation,
    failure: Failure,
    asked: AnswerRequest,
    *,
    drop_unsupported: bool,
    may_switch_api: bool,
) -> Learnt | None:
    """What to do differently after this failure of `known.apply(asked)`; None where it stays a failure.

    Another name for the same limit, or another API for the same question, changes nothing of what was asked
    for. Leaving a parameter out does, so that needs the user's word.
    """
    if failure.wants_responses and may_switch_api and asked.api == "chat" and not known.responses:
        _, lacking = for_responses(asked.params)
        lost = [name for name in lacking if name not in known.dropped]
        if lost and not drop_unsupported:
            return None
        adaptation = replace(known, responses=True, dropped=known.dropped | set(lost))
        without = f", without {', '.join(lost)}" if lost else ""
        return Learnt(adaptation=adaptation, said=f"{asked.model} is asked by the Responses API{without}")
    name = failure.parameter
    if name is None:
        return None
    if name in _OTHER_LIMIT and not known.other_limit_name:
        said = f"the server takes {_OTHER_LIMIT[name]}, not {name}"
        return Learnt(adaptation=replace(known, other_limit_name=True), said=said)
    own_name = _as_asked(name, known, asked)
    if not drop_unsupported or own_name is None:
        return None
    value = asked.params[own_name]
    adaptation = replace(known, dropped=known.dropped | {own_name})
    return Learnt(adaptation=adaptation, said=f"the server does not take {name}={value}: asked without it")


def _as_asked(name: str, known: Adaptation, asked: AnswerRequest) -> str | None:
    """The parameter as the user gave it, for one that the server refused under the name it was sent by."""
    for own_name in asked.params:
        alone = replace(asked, params={own_name: asked.params[own_name]})
        if name in known.apply(alone).params:
            return own_name
    return None
