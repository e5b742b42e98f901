"""`dfer prompts`: built-in ones, files, and the exact texts that made a set."""

import subprocess
import sys
from pathlib import Path

import pytest
from dfer_cli.prompt_argument import complete_prompt, resolve_prompt

from description_store.database import open_store
from description_store.errors import StoreError
from description_store.prompts import save_prompt
from description_store.records import Description, DescriptionSet, Provenance
from description_store.sets import save_class_set, save_set
from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.templates import PromptTemplate, load_template, parse_template
from tests.cli.conftest import Dfer

OWN = parse_template(
    name="mine", text='+++\nabout = "my own"\n+++\nHow does {{ class_name }} look, not {{ others|first }}?\n'
)
THREE = ClassSet.model_validate({"name": "three", "classes": ["joy", "fear", "calm"]})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """v1 asked by OWN, v2 by dfer-clip, v3 a control of v1."""
    path = tmp_path / "dfer.db"
    with open_store(path) as db:
        save_class_set(
            db, class_set_hash=THREE.hash, name=THREE.name, content=THREE.model_dump(mode="json")["classes"]
        )
        for version, template in enumerate((OWN, load_template("dfer-clip"), None), 1):
            if template:
                save_prompt(db, prompt_hash=template.hash, name=template.name, text=template.text)
            save_set(db, _set(version, template))
    return path


def _set(version: int, template: PromptTemplate | None) -> DescriptionSet:
    made_by = (
        Provenance(kind="llm", model="m", prompt=template.name, prompt_hash=template.hash)
        if template
        else Provenance(kind="control", control="random", seed=1, parent_hash=_set(1, OWN).hash)
    )
    return DescriptionSet(
        class_set=THREE.name,
        class_set_hash=THREE.hash,
        descriptions=tuple(
            Description(class_name=name, descriptors=(f"{name} {version}",), text=name, tokens=2)
            for name in THREE.names
        ),
        provenance=made_by,
        context_tokens=8,
    )


def test_without_a_store_the_built_in_prompts_are_listed_and_none_is_made(dfer: Dfer, tmp_path: Path) -> None:
    rows = dfer("prompts list --json").json["prompts"]
    assert [row["name"] for row in rows] == ["contrastive", "dfer-clip", "distinguish", "emoclip", "shorten"]
    assert [row["form"] for row in rows] == ["describe", "describe", "describe", "describe", "shorten"]
    assert all(row["sets"] == [] and row["about"] and row["source"] for row in rows)
    assert "used by" not in dfer("prompts list").out
    assert list(tmp_path.iterdir()) == []


def test_prompts_of_the_store_are_listed_too_with_the_sets_that_used_them(dfer: Dfer, store: Path) -> None:
    rows = {row["name"]: row for row in dfer("prompts list --json").json["prompts"]}
    assert rows["dfer-clip"]["sets"] == ["v2"]
    assert rows["mine"] == {
        "name": "mine", "hash": OWN.hash, "about": "my own", "source": "", "form": "describe", "sets": ["v1"],
    }  # fmt: skip
    assert len(rows) == 6
    listed = dfer("prompts list").out
    assert OWN.hash[:12] in listed
    assert "used by" in listed


def test_a_stored_prompt_that_dfer_no_longer_accepts_is_still_listed_and_shown(
    dfer: Dfer, store: Path
) -> None:
    with open_store(store) as db:
        save_prompt(db, prompt_hash="pt1:" + "0" * 64, name="old", text="{{ gone }}")
    row = dfer("prompts list --json").json["prompts"][-1]
    assert (row["name"], row["form"], row["about"]) == ("old", None, "")
    assert dfer("prompts show pt1:0000").out == "{{ gone }}"
    assert dfer("prompts render pt1:0000").code == 5


def test_a_prompt_is_shown_by_name_file_hash_and_set(dfer: Dfer, store: Path) -> None:
    Path("file.j2").write_text(OWN.text)
    for command in ("show file.j2", f"show {OWN.hash}", f"show {OWN.hash[:9]}", "show --set v1"):
        assert dfer(f"prompts {command}").out == OWN.text
    assert dfer("prompts show --set v2").out == dfer("prompts show dfer-clip").out
    shown = dfer("prompts show --set v1 --json").json
    assert shown == {"schema_version": 1, "name": "mine", "hash": OWN.hash, "text": OWN.text}


def test_a_set_that_no_prompt_made_says_so_and_names_its_parent(dfer: Dfer, store: Path) -> None:
    for command in ("show", "render"):
        done = dfer(f"prompts {command} --set v3")
        assert (done.code, done.out) == (2, "")
        assert "v3 was made without a prompt (control random)" in done.err
        parent = done.err.split("--set ")[1].strip()
        assert dfer(f"prompts show --set {parent}").out == OWN.text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("show", 2, "one prompt is needed"),
        ("show dfer-clip --set v1", 2, "one prompt is needed"),
        ("render dfer-clip --set v1", 2, "--set names the prompt already"),
        ("show nope", 2, "there is no prompt 'nope'"),
        ("show pt1:dead", 2, "no prompt's hash begins with pt1:dead"),
        ("show pt1:12", 2, "is no hash of a prompt"),
        ("show --set v9", 2, "no description set v9"),
        ("show pt1:dead --db other.db", 3, "no description store"),
        ("render --class boredom", 2, "has no class 'boredom'"),
        ("render shorten", 2, "add --description TEXT"),
        ("render dfer-clip --description brows", 2, "asks for descriptions"),
    ],
)
def test_what_cannot_be_shown_is_one_clear_error(
    dfer: Dfer, store: Path, arguments: str, code: int, said: str
) -> None:
    done = dfer(f"prompts {arguments}")
    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())


def test_questions_are_rendered_for_a_set_with_its_own_classes_unless_others_are_named(
    dfer: Dfer, store: Path
) -> None:
    made = dfer("prompts render --set v1 --json").json
    assert (made["prompt"], made["hash"], made["class_set"]) == ("mine", OWN.hash, "three")
    assert made["questions"]["joy"] == "How does joy look, not fear?"
    assert made["questions"]["fear"] == "How does fear look, not joy?"
    other = dfer("prompts render --set v1 --classes dfew7 --json").json
    assert list(other["questions"]) == list(load_class_set("dfew7").names)
    by_hash = dfer(f"prompts render {OWN.hash[:8]} --class anger").out
    assert by_hash == "[anger]\nHow does anger look, not disgust?\n\n"


def test_settings_for_training_in_dfer_toml_name_no_set_and_no_classes_here(dfer: Dfer, store: Path) -> None:
    Path("dfer.toml").write_text('set = ["context_tokens=4"]\nclasses = "dfew7"\n')
    assert dfer("prompts show dfer-clip").code == 0
    assert dfer("prompts render emoclip --json").json["class_set"] == "dfew7"
    assert dfer("prompts render --set v1 --json").json["class_set"] == "three"


def test_a_prompt_that_shortens_is_rendered_with_a_description(dfer: Dfer) -> None:
    done = dfer("prompts render shorten --class anger --max-words 7 --json --description", "LOWERED BROWS")
    question = done.json["questions"]["anger"]
    assert "LOWERED BROWS" in question
    assert "at most 7 words" in question


def test_only_a_hash_opens_the_store(tmp_path: Path, store: Path) -> None:
    missing = tmp_path / "missing.db"
    assert resolve_prompt("emoclip", missing) == load_template("emoclip")
    assert resolve_prompt(OWN.hash, store) == OWN
    with pytest.raises(StoreError, match="no description store"):
        resolve_prompt(OWN.hash, missing)
    assert not missing.exists()


def test_completing_a_prompts_name_imports_neither_torch_nor_openai() -> None:
    assert complete_prompt("d") == ["dfer-clip", "distinguish"]
    code = (
        "import sys; from dfer_cli.prompt_argument import complete_prompt\n"
        "print(complete_prompt(''), [m for m in ('torch', 'openai', 'sqlite_utils') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['contrastive', 'dfer-clip', 'distinguish', 'emoclip', 'shorten'] []"
