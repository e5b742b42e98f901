"""What must stay light."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dfer_cli.lazy_group import HEADINGS
from dfer_cli.main import app
from typer.core import TyperCommand
from typer.main import get_command
from typer.testing import CliRunner

from tests.cli.conftest import Dfer

HEAVY = ("openai", "torch", "open_clip", "sqlite_utils", "numpy", "jinja2", "asyncio")
COMPUTING = ("torch", "torchvision", "open_clip", "lightning_fabric", "scipy", "matplotlib")


def imported_by(command: str, *, of: tuple[str, ...], folder: Path, ends: int = 0) -> list[str]:
    """Which of these modules a command has imported when it ends, with the exit code `ends`."""
    program = (
        "import json, sys; from dfer_cli.main import app\n"
        "try: app()\n"
        f"finally: print(json.dumps([m for m in {of!r} if m in sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command.split()], capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == ends, done.stderr
    found: list[str] = json.loads(done.stderr.strip().splitlines()[-1])
    return found


@pytest.mark.parametrize("argument", ["--help", "--version", "train --help", "sets --help"])
def test_help_and_version_import_nothing_heavy(argument: str) -> None:
    code = (
        "import sys; from dfer_cli.main import app; sys.argv = ['dfer', *sys.argv[1:]]\n"
        "try: app()\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argument.split()], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert "dfer" in done.stdout


def test_counting_tokens_and_describing_offline_imports_neither_torch_nor_openai(tmp_path) -> None:
    describing = "describe --classes dfew7 --model builtin/facs -q"
    assert imported_by(describing, of=("torch", "open_clip", "openai"), folder=tmp_path) == []


@pytest.mark.parametrize(("command", "ends"), [("--help", 0), ("--version", 0), ("trian", 2)])
def test_the_root_page_imports_no_command(command: str, ends: int, tmp_path: Path) -> None:
    modules = tuple(f"dfer_cli.{name}" for name in HEADINGS)
    assert imported_by(command, of=modules, folder=tmp_path, ends=ends) == []


@pytest.mark.parametrize("name", list(HEADINGS))
def test_the_root_page_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    real, on_the_page = get_command(app).commands[name], TyperCommand(name, help=HEADINGS[name])
    for width in range(20, 130):
        assert on_the_page.get_short_help_str(width) == real.get_short_help_str(width)
    assert real.name == name
    assert not real.hidden


def test_the_root_page_shows_every_command_in_order(dfer: Dfer) -> None:
    _, listed = dfer("--help").out.split("Commands:\n")
    assert [line.split()[0] for line in listed.splitlines()] == list(HEADINGS)


def test_a_command_that_does_not_exist_is_told_with_those_that_are_like_it(dfer: Dfer) -> None:
    done = dfer("trian")
    assert (done.code, "No such command 'trian'. Did you mean 'train', 'rank'?" in done.err) == (2, True)
    assert "Did you mean 'list'" in dfer("sets lst").err


def completed(words: str) -> list[str]:
    asked = {"_DFER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    return CliRunner().invoke(app, [], env=asked, prog_name="dfer").stdout.split()


def test_the_shell_completes_commands_and_what_is_below_them() -> None:
    assert completed("dfer ") == list(HEADINGS)
    assert completed("dfer s") == ["sweep", "sets"]
    assert completed("dfer sets s") == ["show", "select"]
    assert completed("dfer train --reci") == ["--recipe"]


def test_a_settings_file_imports_the_commands_that_it_speaks_of_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "dfer.toml").write_text('db = "words.db"\n[refine]\nrounds = 2\n')
    modules = tuple(f"dfer_cli.{name}" for name in HEADINGS)
    found = imported_by("sets list", of=modules, folder=tmp_path, ends=3)  # there is no store
    assert {"dfer_cli.sets", "dfer_cli.refine"} <= set(found)
    assert not {"dfer_cli.describe", "dfer_cli.sweep", "dfer_cli.compare"} & set(found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("recpie = 'coop'", "no command has the option 'recpie'"),
        ("[trian]\nfold = 1", "there is no command 'trian'"),
        ("[train]\nfoldd = 1", "[train]: there is no option 'foldd'"),
        ("[sets.show]\nclas = 'fear'", "[show]: there is no option 'clas'"),
    ],
)
def test_a_settings_file_is_checked_in_whole_whatever_command_is_run(
    dfer: Dfer, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "dfer.toml").write_text(content)
    for command in ("classes list", "db path"):
        done = dfer(command)
        assert (done.code, said in done.err, "did you mean" in done.err) == (3, True, True)


def test_a_key_that_only_another_command_knows_is_no_error(dfer: Dfer, tmp_path: Path) -> None:
    (tmp_path / "dfer.toml").write_text("max-calls = 3\nsize = 64\nframes = 16\n")
    assert dfer("classes list").code == 0


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of two sets."""
    folder = tmp_path_factory.mktemp("startup")
    db = str(folder / "dfer.db")
    for command in ("describe --classes dfew7 --model builtin/facs", "sets control v1 --kind random"):
        assert CliRunner().invoke(app, [*command.split(), "--db", db]).exit_code == 0
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "sets list",
        "sets show v1",
        "sets show v1 --class fear",
        "sets log v2",
        "sets diff v1 v2",
        "runs list",
        "experiments list",
        "cache list",
        "prompts show --set v1",
    ],
)
def test_looking_imports_neither_sqlite_utils_nor_numpy(command: str, two_sets: Path) -> None:
    assert imported_by(command, of=("sqlite_utils", "numpy", "asyncio", *COMPUTING), folder=two_sets) == []


def test_describing_from_the_cache_imports_nothing_to_ask_with(two_sets: Path) -> None:
    again = "describe --classes dfew7 --model builtin/facs"
    assert imported_by(again, of=("asyncio", "openai", *COMPUTING), folder=two_sets) == []


@pytest.mark.parametrize(
    "command",
    [
        "train -d v9 --data world/clips.csv",
        "evaluate -d v9 --data world/clips.csv",
        "evaluate -d v1 --run r9 --data world/clips.csv",
    ],
)
def test_a_name_that_nothing_has_is_told_before_torch_is_imported(command: str, two_sets: Path) -> None:
    assert imported_by(command, of=COMPUTING, folder=two_sets, ends=2) == []
