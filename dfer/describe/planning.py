"""What would be asked: one request per class and sample, rendered and checked before anything is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from description_store.hashing import canonical_json
from dfer.class_sets import ClassSet
from dfer.describe import facs_author
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.parameters import Parameters, for_responses
from dfer.describe.asking.providers import Api
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.asking.secrets import holds_secret
from dfer.describe.templates import PromptTemplate, render_all
from dfer.errors import UsageError

NO_PARAMETERS = Parameters()


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One request and, for people, what it is about: a class, or one of several samples of it ("fear #2")."""

    label: str
    class_name: str
    request: AnswerRequest

    @property
    def text(self) -> str:
        return self.request.messages[-1]["content"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Questions:
    """What would be asked, class by class, and where it would go (`endpoint` None: the offline author)."""

    class_set: ClassSet
    template: PromptTemplate
    model: str
    endpoint: Endpoint | None
    api: Api
    params: dict[str, Any]
    samples: int
    all: tuple[Question, ...]

    def follow_up(self, texts: Iterable[tuple[str, str]]) -> tuple[Question, ...]:
        """Further questions to the same model: class names with what to ask."""
        basis = self.all[0].request
        return tuple(
            Question(
                label=f"{name} (again)",
                class_name=name,
                request=replace(basis, messages=_message(text), sample_index=0),
            )
            for name, text in texts
        )


def plan_questions(
    class_set: ClassSet,
    template: PromptTemplate,
    *,
    model: str,
    endpoint: Endpoint | None = None,
    api: Api = "auto",
    parameters: Parameters = NO_PARAMETERS,
    samples: int = 1,
) -> Questions:
    """`samples` requests per class. A parameter left None is not sent: that is another question.

    Raises:
        ContentError: the template cannot ask a question of its own for every class.
        UsageError: the model, or a parameter of it, does not exist.
    """
    if model.startswith("builtin/") and model != facs_author.MODEL:
        raise UsageError(
            f"there is no built-in author {model!r}", hint=f"the one there is: {facs_author.MODEL}"
        )
    if holds_secret(model) or (endpoint and holds_secret(endpoint.name)):
        raise UsageError("a key was given where a name belongs", hint="keys go into the environment")
    if endpoint is None and model != facs_author.MODEL:
        raise UsageError(f"{model} is asked over HTTP", hint="give its endpoint")
    texts = render_all(template, class_set)
    if endpoint is None:
        if "others" in template.variables:
            raise UsageError(
                f"{model} describes one emotion at a time, and prompt {template.name} names others",
                hint="this prompt needs an LLM",
            )
        if parameters != NO_PARAMETERS or samples > 1:
            raise UsageError(
                f"{model} takes no temperature, seed, samples or other parameters", hint="leave them out"
            )
        kind, address = "builtin", "builtin"
        params: dict[str, Any] = {"author_version": facs_author.AUTHOR_VERSION}
    else:
        kind, address = ("responses" if api == "responses" else "chat"), endpoint.name
        params = parameters.for_chat(endpoint.limit_name)
        if api == "responses":
            params, lacking = for_responses(params)
            if lacking:
                raise UsageError(
                    f"the Responses API has no {' or '.join(lacking)}", hint="leave it out, or use --api chat"
                )
    questions = tuple(
        Question(
            label=f"{name} #{sample + 1}" if samples > 1 else name,
            class_name=name,
            request=AnswerRequest(
                api=kind,
                endpoint=address,
                model=model,
                messages=_message(text),
                params=_for_sample(params, sample),
                sample_index=sample,
            ),
        )
        for name, text in texts.items()
        for sample in range(samples)
    )
    if endpoint and any(
        secret in canonical_json(questions[0].request.identity) for secret in endpoint.secrets
    ):
        raise UsageError(
            "the key itself stands in the question or its parameters, which are stored",
            hint="leave it out: it is sent as a header",
        )
    return Questions(
        class_set=class_set,
        template=template,
        model=model,
        endpoint=endpoint,
        api=api,
        params=params,
        samples=samples,
        all=questions,
    )


def _for_sample(params: dict[str, Any], sample: int) -> dict[str, Any]:
    """Each sample has a seed of its own: with the same one a server gives the same answer again."""
    return params | {"seed": params["seed"] + sample} if params.get("seed") is not None else params


def _message(text: str) -> tuple[dict[str, str], ...]:
    return ({"role": "user", "content": text},)
