"""Describing against a real server on loopback, with little patience."""

from collections.abc import Sequence
from dataclasses import fields

from sqlite_utils import Database

from dfer.class_sets import load_class_set
from dfer.describe.asking.endpoint import choose_endpoint
from dfer.describe.asking.parameters import Parameters
from dfer.describe.asking.patience import Patience
from dfer.describe.collected import Manner
from dfer.describe.describing import Described, describe
from dfer.describe.planning import Questions, plan_questions
from dfer.describe.templates import PromptTemplate, load_template
from tests.llm_server import LlmServer, Reply, completion

DFEW = load_class_set("dfew7")
PROMPT = load_template("dfer-clip")
QUICK = Patience(attempts=3, answer=5.0, longest_wait=5.0)


def asked_class(question: str, names: Sequence[str] = DFEW.names) -> str:
    return next(name for name in names if name in question)


def good(question: str, number: int) -> Reply:
    name = asked_class(question)
    return completion(f"1. first sign {name}\n2. second sign {name}\n3. third sign {name}")


def ask(db: Database, server: LlmServer | str, **options) -> Described:
    """Describe DFEW's classes; any option of planning, parameters, manner or describing."""
    questions = plan(server, options)
    options = {"patience": QUICK} | options
    manner = {f.name: options.pop(f.name) for f in fields(Manner) if f.name in options}
    return describe(db, questions, manner=Manner(**manner), **options)


def plan(server: LlmServer | str, options: dict) -> Questions:
    """The questions; what is used of the options is taken out of them."""
    address = server if isinstance(server, str) else server.base_url
    where = {name: options.pop(name) for name in ("provider", "key_env", "name") if name in options}
    given = {f.name: options.pop(f.name) for f in fields(Parameters) if f.name in options}
    planned = {name: options.pop(name) for name in ("api", "samples") if name in options}
    template: PromptTemplate = options.pop("template", PROMPT)
    return plan_questions(
        options.pop("class_set", DFEW),
        template,
        model=options.pop("model", "test-model"),
        endpoint=choose_endpoint(base_url=address, **where),
        parameters=Parameters(**given),
        **planned,
    )
