"""`dfer` against a real LLM server: ../shared/tools/real_llm.sh python .ci/real_llm_check.py FOLDER

The server answers mafw11's questions differently for every class, and its address is in OPENAI_BASE_URL.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])


def dfer(command: str) -> dict[str, Any]:
    print(f"$ dfer {command}", flush=True)
    done = subprocess.run(
        ["dfer", *command.split(), "--json"], cwd=FOLDER, stdout=subprocess.PIPE, text=True, check=True
    )
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def calls(made: int, cached: int) -> dict[str, int]:
    return {"cached": cached, "made": made, "failed": 0}


# The server offers the one model that it was started with, by its path; `default_model` stands for it.
models = dfer("models")["models"]
assert [Path(model["name"]).name for model in models] == ["model"], models

describe = "describe --classes mafw11 --model default_model --concurrency 4 --quiet"
first = dfer(describe)
assert first["calls"] == calls(made=11, cached=0), first["calls"]
assert [len(c["descriptors"]) for c in first["classes"]] == [5] * 11
assert all(c["tokens"] <= first["budget"] == 67 for c in first["classes"])
assert first["usage"]["input_tokens"] > 0
assert first["usage"]["output_tokens"] > 0

again = dfer(describe)
assert again["calls"] == calls(made=0, cached=11), again["calls"]
assert (again["set"], again["created"], again["hash"]) == ("v1", False, first["hash"])

sampling = f"{describe} --samples 2 --temperature 0.7 --seed 1"
sampled = dfer(sampling)
assert sampled["calls"] == calls(made=22, cached=0), sampled["calls"]
assert (sampled["set"], sampled["created"]) == ("v2", True)
assert all(c["descriptors"] and c["tokens"] <= 67 for c in sampled["classes"])

again = dfer(sampling)
assert again["calls"] == calls(made=0, cached=22), again["calls"]
assert (again["set"], again["created"], again["hash"]) == ("v2", False, sampled["hash"])

answers = dfer("cache list")["answers"]
assert len({answer["key"] for answer in answers}) == len(answers) == 33
assert {answer["verdict"] for answer in answers} == {"clean"}
assert [answer["sets"] for answer in answers] == [["v1"]] * 11 + [["v2"]] * 22
print("ok")
