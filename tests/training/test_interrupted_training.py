"""A training that is killed at any step goes on to the same numbers."""

import hashlib
import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from description_store.runs import list_runs, load_predictions
from dfer.errors import ContentError, UsageError
from dfer.training.loop import Progress
from dfer.training.resuming import STATE, _spec_hash, forget_state, interrupted, load_state
from dfer.training.running import Machine, run_training
from dfer.training.stopping import stop_request
from tests.store.filled import a_run, a_set
from tests.training.conftest import prepared_run
from tests.training.killed_training import train_on

ALWAYS = Machine(accelerator="cpu", keep_seconds=0)
"""Keeps its state after every step."""


class Stop(Exception):
    """Stands for whatever ends a training."""


def sha(folder: str | Path | None) -> str:
    return hashlib.sha256((Path(folder or "") / "model.safetensors").read_bytes()).hexdigest()


def stop_at(step: int):
    """An `on_progress` that ends the training before its (step + 1)-th step is kept."""
    seen = 0

    def on_progress(progress: Progress) -> None:
        nonlocal seen
        seen += progress.stage == "train"
        if seen == step + 1:
            raise Stop

    return on_progress


@pytest.mark.parametrize("selection", ["last", "best-val", "best-test"])
def test_stopped_at_any_step_and_resumed_it_ends_with_the_same_bits(
    db, described, world, tmp_path: Path, selection: str
) -> None:
    options = {"selection": selection, "epochs": 2, "batch_size": 8, "frames": 4, "augmentation": "mafw"}
    whole, _ = run_training(
        db, prepared_run(described, world, **options), set_version=1, out=tmp_path / "whole", machine=ALWAYS
    )
    for step in (0, 2, 3):  # before the first state, at or near an epoch's end, in the last epoch
        out = tmp_path / f"stopped{step}"
        for resume, on_progress in ((False, stop_at(step)), (True, lambda progress: None)):
            try:
                run, _ = run_training(
                    db,
                    prepared_run(described, world, **options),
                    set_version=1,
                    out=out,
                    machine=ALWAYS,
                    again=True,
                    resume=resume,
                    on_progress=on_progress,
                )
            except Stop:
                assert (interrupted(out, whole.spec_hash) is not None) == (step > 0)
        assert sha(run.folder) == sha(whole.folder)
        assert run.history == whole.history
        before, after = (load_predictions(db, r.id) for r in (whole, run))
        assert [p.scores for p in before] == [p.scores for p in after]
        assert [path.name for path in out.iterdir()] == [Path(run.folder or "").name]
        assert not (Path(run.folder or "") / STATE).exists()


@pytest.mark.slow
def test_killed_six_times_at_random_steps_it_ends_with_the_same_bits(
    db, described, world, tmp_path: Path
) -> None:
    """kill -9, six times in one training; each time it goes on from the last state on the disk."""
    # Forked from a process that has only imported: quick to start, and without this one's threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.killed_training"])

    def start(out: str):
        ours, theirs = context.Pipe()
        arguments = (tmp_path / "dfer.db", world, tmp_path / out, theirs)
        process = context.Process(target=train_on, args=arguments)
        process.start()
        return process, ours

    def finish(out: str) -> str:
        process, steps = start(out)
        while (said := steps.recv()) == "step":
            pass
        process.join(60)
        assert process.exitcode == 0
        return said

    rng = random.Random(1)
    for _ in range(6):
        process, steps = start("killed")
        for _ in range(rng.randint(1, 4)):
            assert steps.recv() == "step"
        time.sleep(rng.random() * 0.02)
        process.kill()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
    assert list((tmp_path / "killed").glob(f"*/{STATE}"))
    assert sha(finish("killed")) == sha(finish("whole"))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """As on a terminal: in a job in the background Ctrl-C would be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_waits_for_the_step_and_keeps_where_the_training_stands(
    db, described, world, tmp_path: Path, ctrl_c: None
) -> None:
    """Minutes before the next state was due."""
    prepared = prepared_run(described, world)

    def on_progress(progress: Progress) -> None:
        if progress.done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_training(
            db,
            prepared,
            set_version=1,
            out=tmp_path,
            machine=Machine(accelerator="cpu"),
            on_progress=on_progress,
        )
    folder = interrupted(tmp_path, prepared.spec.hash)
    assert folder is not None
    state = load_state(folder / STATE)
    assert (state.epoch, state.step, len(state.losses)) == (1, 3, 3)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_trained_to_its_end_is_not_trained_again_whatever_came_between(
    db, described, world, tmp_path: Path, ctrl_c: None
) -> None:
    """Ctrl-C after the last step; then an end in the middle of scoring. No state was due for minutes."""
    options = {"epochs": 1, "batch_size": 8, "frames": 4}
    stages: list[str] = []

    def trained(out: str, on_progress=lambda progress: None):
        stages.clear()
        return run_training(
            db,
            prepared_run(described, world, **options),
            set_version=1,
            out=tmp_path / out,
            machine=Machine(accelerator="cpu"),
            again=True,
            resume=True,
            on_progress=lambda progress: (stages.append(progress.stage), on_progress(progress)),
        )[0]

    def ctrl_c_at_the_end(progress: Progress) -> None:
        if progress.stage == "train" and progress.done == progress.total:
            os.kill(os.getpid(), signal.SIGINT)

    def ended(progress: Progress) -> None:
        if progress.stage == "test":
            raise Stop

    with pytest.raises(KeyboardInterrupt):
        trained("out", ctrl_c_at_the_end)
    with pytest.raises(Stop):
        trained("out", ended)
    assert "train" not in stages
    (folder,) = (tmp_path / "out").iterdir()
    assert len(load_state(folder / STATE).history) == 1
    run = trained("out")
    assert "train" not in stages
    whole = trained("whole")
    assert (sha(run.folder), run.history, run.uar) == (sha(whole.folder), whole.history, whole.uar)
    assert list((tmp_path / "out").iterdir()) == [Path(run.folder or "")] == [folder]
    assert {path.name for path in folder.iterdir()} == {"model.safetensors", "run.json"}


def test_a_state_that_is_gone_is_not_damaged_and_one_that_stays_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert _spec_hash(tmp_path / STATE) is None
    assert caplog.text == ""
    (tmp_path / STATE).mkdir()
    forget_state(a_run(a_set("words")).model_copy(update={"folder": str(tmp_path)}))
    assert "could not be removed" in caplog.text


def test_a_job_in_the_background_goes_on_ignoring_ctrl_c(ctrl_c: None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stop_request() as request:
        os.kill(os.getpid(), signal.SIGINT)
        assert not request.made
        os.kill(os.getpid(), signal.SIGTERM)
        assert request.made


def test_a_full_disk_costs_the_state_and_not_the_training(
    db, described, world, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files may grow to 1 MB until the last step is done, and the state is larger than that."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def on_progress(progress: Progress) -> None:
        full = progress.stage == "train" and progress.epoch == 1 and progress.done < 7
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000 if full else limits[0], limits[1]))

    try:
        run, _ = run_training(
            db,
            prepared_run(described, world),
            set_version=1,
            out=tmp_path,
            machine=ALWAYS,
            on_progress=on_progress,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert run.status == "finished"
    assert "the state of the training could not be kept" in caplog.text
    assert {path.name for path in Path(run.folder or "").iterdir()} == {"model.safetensors", "run.json"}


def test_a_new_training_does_not_go_on_with_an_old_one_unless_asked(
    db, described, world, tmp_path: Path
) -> None:
    with pytest.raises(Stop):
        run_training(
            db,
            prepared_run(described, world),
            set_version=1,
            out=tmp_path,
            machine=ALWAYS,
            on_progress=stop_at(2),
        )
    assert list_runs(db)[-1].status == "failed"
    run, _ = run_training(db, prepared_run(described, world), set_version=1, out=tmp_path, machine=ALWAYS)
    assert len(list(tmp_path.glob(f"*/{STATE}"))) == 1
    assert not (Path(run.folder or "") / STATE).exists()


def test_a_training_that_is_going_on_is_not_resumed(db, described, world, tmp_path: Path) -> None:
    prepared = prepared_run(described, world)
    with pytest.raises(Stop):
        run_training(db, prepared, set_version=1, out=tmp_path, machine=ALWAYS, on_progress=stop_at(2))
    folder = interrupted(tmp_path, prepared.spec.hash)
    assert folder is not None
    with FileLock(folder / "training.lock"), pytest.raises(UsageError, match="going on in another process"):
        run_training(
            db, prepared_run(described, world), set_version=1, out=tmp_path, machine=ALWAYS, resume=True
        )
    assert (folder / STATE).exists()
    assert [run.error for run in list_runs(db)] == ["Stop: "]  # it did not fail, it is too early


@pytest.mark.parametrize(
    "damage", [b"", b"not safetensors", bytes(range(200, 256))], ids=["empty", "text", "noise"]
)
def test_a_damaged_state_is_one_plain_error(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / STATE
    path.write_bytes(damage)
    with pytest.raises(ContentError, match="cannot resume from") as caught:
        load_state(path)
    assert "without --resume" in caught.value.hint
