"""The options that decide what is asked, and of whom: shared by `describe` and `cache explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dfer.describe.asking import providers

from .options import complete_class_set
from .prompt_argument import complete_prompt

if TYPE_CHECKING:
    from dfer.class_sets import ClassSet
    from dfer.describe.asking.endpoint import Endpoint
    from dfer.describe.planning import Questions

Classes = Annotated[
    str,
    typer.Option(
        help="A class set (dfew7, mafw11, …) or a .toml/.json file.", autocompletion=complete_class_set
    ),
]
Model = Annotated[
    str,
    typer.Option(
        envvar="DFER_MODEL", help="The LLM's name at the server, or builtin/facs, which needs none."
    ),
]
Prompt = Annotated[
    str,
    typer.Option(
        help="A prompt's name (dfer prompts list), a template file, or pt1:HASH.",
        autocompletion=complete_prompt,
    ),
]
Provider = Annotated[
    providers.ProviderName | None,
    typer.Option(help="A server that dfer knows: its usual address, key and dialect."),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(help="Any OpenAI-compatible server. Else OPENAI_BASE_URL, else OpenAI itself."),
]
KeyEnv = Annotated[
    str | None,
    typer.Option(envvar="DFER_API_KEY_ENV", help="The environment variable that holds the API key."),
]
EndpointName = Annotated[
    str | None,
    typer.Option(help="Stands for the address in cache keys, so that a server may move."),
]
Api = Annotated[
    providers.Api,
    typer.Option(help="Chat completions, the Responses API, or the first until a model wants the second."),
]
Temperature = Annotated[float | None, typer.Option(help="Sent only if given, as all parameters.")]
Seed = Annotated[int | None, typer.Option(help="The first sample's seed; each further one has the next.")]
MaxOutputTokens = Annotated[int | None, typer.Option(min=1, help="The output limit of one answer.")]
ReasoningEffort = Annotated[
    str | None, typer.Option(help="How long a reasoning model thinks: none, low, medium, high, …")
]
Param = Annotated[
    list[str] | None,
    typer.Option(help='Another field of the request, as NAME=JSON: top_p=0.9, stop=["END"]; repeatable.'),
]
Samples = Annotated[int, typer.Option(min=1, max=100, help="Separate answers per class, pooled.")]
AcceptTruncated = Annotated[
    bool,
    typer.Option("--accept-truncated", help="Take an answer cut at the output limit, without its last item."),
]
DropUnsupported = Annotated[
    bool, typer.Option("--drop-unsupported", help="Leave out a parameter that the server does not take.")
]


def plan(
    *,
    class_set: "ClassSet",
    model: str,
    prompt: str,
    provider: providers.ProviderName | None,
    base_url: str | None,
    key_env: str | None,
    endpoint_name: str | None,
    api: providers.Api,
    temperature: float | None,
    seed: int | None,
    max_output_tokens: int | None,
    reasoning_effort: str | None,
    param: list[str] | None,
    samples: int,
    db: Path,
) -> "Questions":
    """The questions for these options. Nothing is sent."""
    from dfer.describe import facs_author
    from dfer.describe.asking.endpoint import choose_endpoint
    from dfer.describe.asking.parameters import Parameters, parse_extra
    from dfer.describe.planning import plan_questions

    from .prompt_argument import resolve_prompt

    # The offline author may also be a server's: `dfer demo` asks it over HTTP.
    if model == facs_author.MODEL and provider is None and base_url is None:
        endpoint = None
    else:
        endpoint = choose_endpoint(provider=provider, base_url=base_url, key_env=key_env, name=endpoint_name)
    return plan_questions(
        class_set,
        resolve_prompt(prompt, db),
        model=model,
        endpoint=endpoint,
        api=api,
        parameters=Parameters(
            temperature=temperature,
            seed=seed,
            max_output_tokens=max_output_tokens,
            reasoning_effort=reasoning_effort,
            extra=parse_extra(param or ()),
        ),
        samples=samples,
    )


def default_timeout(endpoint: "Endpoint | None") -> float:
    """Seconds for one answer: a model on this machine may be slow, a service that is silent is broken."""
    return 600.0 if endpoint and endpoint.is_local else 120.0
