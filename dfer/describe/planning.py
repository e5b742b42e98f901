"""What would be asked: one request per class, rendered and checked before anything is sent."""

import math
from dataclasses import dataclass
from typing import Any

from dfer.class_sets import ClassSet
from dfer.describe import facs_author
from dfer.describe.asking.endpoint import OPENAI, Endpoint, choose_endpoint
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.templates import PromptTemplate, render_all
from dfer.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Questions:
    """What would be asked: one request per class, and where it would go (None: the offline author)."""

    class_set: ClassSet
    template: PromptTemplate
    model: str
    endpoint: Endpoint | None
    params: dict[str, Any]
    requests: dict[str, AnswerRequest]


def plan_questions(
    class_set: ClassSet,
    template: PromptTemplate,
    *,
    model: str,
    base_url: str | None = None,
    key_env: str | None = None,
    temperature: float | None = None,
    seed: int | None = None,
    max_output_tokens: int | None = None,
) -> Questions:
    """One request per class. What is left None is not sent: that is another question than the default."""
    if model.startswith("builtin/") and model != facs_author.MODEL:
        raise UsageError(
            f"there is no built-in author {model!r}", hint=f"the one there is: {facs_author.MODEL}"
        )
    questions = render_all(template, class_set)
    endpoint: Endpoint | None = None
    params: dict[str, Any] = {}
    if model == facs_author.MODEL and base_url is None:
        if {temperature, seed, max_output_tokens} != {None}:
            raise UsageError(
                f"{model} takes no temperature, seed or --max-output-tokens", hint="leave them out"
            )
        api, address = "builtin", "builtin"
        params = {"author_version": facs_author.AUTHOR_VERSION}
    else:
        endpoint = choose_endpoint(base_url=base_url, key_env=key_env)
        api, address = "chat", endpoint.base_url
        if temperature is not None and not math.isfinite(temperature):
            raise UsageError(f"a temperature is a finite number, found {temperature}")
        # OpenAI's newer models refuse the old name; local servers ignore or refuse the new one.
        limit = "max_completion_tokens" if address == OPENAI else "max_tokens"
        given = {"temperature": temperature, "seed": seed, limit: max_output_tokens}
        params = {name: value for name, value in given.items() if value is not None}
    requests = {
        name: AnswerRequest(
            api=api,
            endpoint=address,
            model=model,
            messages=({"role": "user", "content": question},),
            params=params,
        )
        for name, question in questions.items()
    }
    return Questions(
        class_set=class_set,
        template=template,
        model=model,
        endpoint=endpoint,
        params=params,
        requests=requests,
    )
