"""Published checkpoints: read as data, refused when they are anything else, computing what they should."""

import contextlib
import math
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hostile_checkpoints import DAMAGED, LIVE, Hostile, good
from hypothesis import given, settings
from hypothesis import strategies as st
from published_files import (
    dfer_clip_state,
    emoclip_state,
    golden_clip_config,
    golden_part,
    golden_weights,
    save_dfer_clip,
    save_emoclip,
)
from safetensors.torch import save_file

from dfer.describe.clip_tokens import text_of
from dfer.errors import ConfigurationError, ContentError
from dfer.models.clip_backbone import clip_from_config
from dfer.models.inert_pickle import Call, NotInert, read_pickle
from dfer.models.published_checkpoint import ADMITTED, read_published
from dfer.models.published_names import PublishedWeights, split_dfer_clip, split_emoclip
from dfer.models.published_settings import dfer_clip_settings, emoclip_settings
from dfer.models.recipes import build_recogniser
from dfer.models.recovered_tokens import recovered_tokens
from dfer.models.settings import DferClipSettings, EmoClipSettings

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("dfer_clip_*.npz"))
EMOCLIP = Path(__file__).parents[1] / "golden/emoclip_captions.npz"
HOSTILE = LIVE | DAMAGED


@pytest.fixture(scope="module", params=GOLDEN, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    config, arrays, _ = golden_weights(request.param)
    return request.param, config, arrays


@pytest.fixture
def file(golden: tuple[Path, dict[str, Any], dict[str, np.ndarray]], tmp_path: Path) -> Path:
    """A published .pth with the weights of a golden file."""
    config, arrays, clip = golden_weights(golden[0])
    state = dfer_clip_state(
        clip=clip,
        temporal=golden_part("temporal/", arrays),
        context=torch.from_numpy(arrays["ctx"]).float(),
        texts=config["texts"],
    )
    return save_dfer_clip(tmp_path / "model.pth", state)


def test_the_corpus_has_more_than_twenty_files() -> None:
    assert len(HOSTILE) > 20
    assert not LIVE.keys() & DAMAGED.keys()


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_or_damaged_file_is_refused_in_one_line_and_runs_nothing(
    hostile: Hostile, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    path = hostile.make(tmp_path, canary)
    with pytest.raises(ConfigurationError) as caught:
        read_published(path)
    message = caught.value.message
    assert message.startswith(f"{path}: ")
    assert hostile.said in message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 250
    assert not canary.exists()


@pytest.mark.parametrize("hostile", LIVE.values(), ids=LIVE)
def test_the_corpus_does_run_code_where_files_are_loaded_freely(hostile: Hostile, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    path = hostile.make(tmp_path, canary)
    assert not canary.exists()
    with contextlib.suppress(Exception):  # some break after they have run
        torch.load(path, weights_only=False)
    assert canary.exists()


def test_torchs_own_reader_of_tensors_refuses_a_published_file(file: Path) -> None:
    assert b"c__main__\nRecorderMeter" in file.read_bytes()
    with pytest.raises(pickle.UnpicklingError, match="RecorderMeter"):
        torch.load(file, weights_only=True)


def test_a_published_file_gives_its_tensors_and_what_it_says_of_itself(file: Path) -> None:
    read = read_published(file)
    assert (read.epoch, read.best_accuracy) == (37, 71.25)
    assert not any(name.startswith("module.") for name in read.state)
    own, whole = read.state["image_encoder.proj"], read.state["clip_model_.visual.proj"]
    assert own.data_ptr() == whole.data_ptr()  # read once, not copied
    prefix, suffix = (read.state[f"prompt_learner.token_{part}"] for part in ("prefix", "suffix"))
    assert prefix.untyped_storage().data_ptr() == suffix.untyped_storage().data_ptr()


def test_a_published_file_computes_the_published_numbers(
    file: Path, golden: tuple[Path, dict[str, Any], dict[str, np.ndarray]]
) -> None:
    """Weights, settings and words are all the file's own; only where the description stands is said."""
    _, config, arrays = golden
    weights = split_dfer_clip(read_published(file).state)
    assert weights.suffix is not None
    clip = clip_from_config(golden_clip_config(config["clip"]), seed=1, identity={"architecture": "golden"})
    clip.model.load_state_dict(weights.clip)
    told = dfer_clip_settings(weights)
    assert {name: config[name] for name in told} == told
    tokens = recovered_tokens(weights.suffix, weights.clip["token_embedding.weight"])
    recogniser = build_recogniser(
        clip=clip,
        texts=[text_of(ids) for ids in tokens],
        settings=DferClipSettings(**told, description_position=config["description_position"]),
    )
    recogniser.load_trainable_state(weights.trained)
    with torch.no_grad():
        logits = recogniser(torch.from_numpy(arrays["clips_uint8"]).float() / 255)
    assert float((logits - torch.from_numpy(arrays["expected/logits"])).abs().max()) < 1e-4


def test_words_are_recovered_from_token_vectors_to_the_letter(
    file: Path, golden: tuple[Path, dict[str, Any], dict[str, np.ndarray]]
) -> None:
    weights = split_dfer_clip(read_published(file).state)
    assert weights.suffix is not None
    tokens = recovered_tokens(weights.suffix, weights.clip["token_embedding.weight"])
    assert [text_of(ids) for ids in tokens] == golden[1]["texts"]


def test_vectors_that_are_no_rows_of_the_table_give_no_words(file: Path) -> None:
    weights = split_dfer_clip(read_published(file).state)
    assert weights.suffix is not None
    table = weights.clip["token_embedding.weight"]
    changed = weights.suffix.clone()
    changed[2, 3, 5] += 1e-3
    with pytest.raises(ContentError, match="token 4 of class 3 is no row"):
        recovered_tokens(changed, table)
    with pytest.raises(ContentError, match="class 1 has no end token"):
        recovered_tokens(weights.suffix[:, :4], table)
    with pytest.raises(ContentError, match="a token table of"):
        recovered_tokens(weights.suffix, table[:, :7])


def test_emoclips_file_computes_the_published_numbers(tmp_path: Path) -> None:
    config, arrays, clip = golden_weights(EMOCLIP)
    state = emoclip_state(
        clip=clip, temporal=golden_part("temporal/", arrays), scale=clip["logit_scale"].clone()
    )
    weights = split_emoclip(read_published(save_emoclip(tmp_path / "emoclip.pth", state)).state)
    own = clip_from_config(golden_clip_config(config["clip"]), seed=1, identity={"architecture": "golden"})
    own.model.load_state_dict(weights.clip)
    recogniser = build_recogniser(
        clip=own,
        texts=config["texts"],
        settings=EmoClipSettings(**emoclip_settings(weights), frames=config["frames"]),
    )
    recogniser.load_trainable_state(weights.trained)
    with torch.no_grad():
        logits = recogniser(torch.from_numpy(arrays["clips_uint8"]).float() / 255)
    assert float((logits - torch.from_numpy(arrays["expected/logits_per_video"])).abs().max()) < 1e-3


def test_emoclips_file_gives_its_temporal_model_its_scale_and_its_clip_in_float32(tmp_path: Path) -> None:
    _, arrays, clip = golden_weights(GOLDEN[0])
    state = emoclip_state(clip=clip, temporal=golden_part("temporal/", arrays), scale=torch.tensor(4.6))
    read = read_published(save_emoclip(tmp_path / "emoclip.pth", state))
    assert (read.epoch, read.best_accuracy) == (None, None)
    weights = split_emoclip(read.state)
    assert weights.trained["head.logit_scale"] == torch.tensor(4.6)
    assert {"temporal.cls", "temporal.layers.0.attention.qkv.weight"} <= weights.trained.keys()
    assert {tensor.dtype for tensor in weights.clip.values()} == {torch.float32}
    assert weights.clip.keys() == clip.keys()
    assert emoclip_settings(weights, heads=8) == {
        "temporal_positions": 17,
        "temporal_layers": 1,
        "temporal_heads": 8,
        "temporal_head_width": 64,
        "temporal_mlp": 1024,
    }


def test_the_same_tensors_as_safetensors_are_read_too(file: Path, tmp_path: Path) -> None:
    state = read_published(file).state
    safe = tmp_path / "model.safetensors"
    save_file({f"module.{name}": tensor.contiguous().clone() for name, tensor in state.items()}, safe)
    read = read_published(safe).state
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], tensor) for name, tensor in state.items())


COLOURED = "\x1b[31mx\nall is well"


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (torch.tensor([float("nan")]), "holds values that are no finite numbers"),
        (torch.zeros(1).expand(7), "larger than its storage"),
        (torch.zeros(1), "is no name of a tensor"),
    ],
)
def test_a_name_that_would_write_on_the_terminal_is_shown_as_text(
    tensor: torch.Tensor, said: str, tmp_path: Path
) -> None:
    torch.save({"state_dict": {COLOURED: tensor}}, tmp_path / "file.pth")
    with pytest.raises(ConfigurationError) as caught:
        read_published(tmp_path / "file.pth")
    assert said in caught.value.message
    assert r"'\x1b[31mx\nall is well'" in caught.value.message
    assert caught.value.message.isprintable()


def test_a_name_in_safetensors_that_would_write_on_the_terminal_is_refused(tmp_path: Path) -> None:
    save_file({COLOURED: torch.zeros(1)}, tmp_path / "file.safetensors")
    with pytest.raises(ConfigurationError, match="is no name of a tensor") as caught:
        read_published(tmp_path / "file.safetensors")
    assert caught.value.message.isprintable()


def test_a_tensor_may_be_in_the_file_under_three_names(tmp_path: Path) -> None:
    shared = torch.arange(5.0)
    torch.save(dict.fromkeys("abc", shared), tmp_path / "file.pth")
    assert all(torch.equal(tensor, shared) for tensor in read_published(tmp_path / "file.pth").state.values())


def test_a_claimed_accuracy_of_a_strange_shape_is_left_out(tmp_path: Path) -> None:
    for best in (torch.zeros(1).expand(7), torch.zeros(2), torch.zeros((1,) * 9), torch.tensor(float("nan"))):
        torch.save(good() | {"best_acc": best}, tmp_path / "file.pth")
        read = read_published(tmp_path / "file.pth")
        assert (read.epoch, read.best_accuracy, list(read.state)) == (1, None, ["w"])


def test_an_archive_of_as_many_entries_as_a_large_model_has_is_read(tmp_path: Path) -> None:
    torch.save({f"w{number}": torch.zeros(1) for number in range(3000)}, tmp_path / "file.pth")
    assert len(read_published(tmp_path / "file.pth").state) == 3000


def small_weights(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    state = {
        "image_encoder.proj": torch.zeros(2, 2),
        "clip_model_.token_embedding.weight": torch.zeros(3, 4),
        "prompt_learner.ctx": torch.zeros(7, 8, 4),
        "prompt_learner.token_suffix": torch.zeros(7, 68, 4),
        "temporal_net.cls_token": torch.zeros(1, 1, 2),
        "temporal_net.pos_embedding": torch.zeros(1, 17, 2),
        "temporal_net.temporal_transformer.layers.0.0.fn.fn.to_qkv.weight": torch.zeros(48, 2),
        "temporal_net.temporal_transformer.layers.0.1.fn.fn.net.0.weight": torch.zeros(5, 2),
    }
    return state | {name.replace("__", "."): tensor for name, tensor in changes.items()}


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("image_encoder.", "holds no image_encoder"),
        ("clip_model_.", "holds no clip_model_"),
        ("temporal_net.", "holds no temporal_net"),
        ("prompt_learner.", "holds no prompt_learner"),
        ("prompt_learner.token_suffix", "prompt_learner.token_suffix"),
    ],
)
def test_a_dfer_clip_file_without_a_part_is_told_as_such(gone: str, said: str) -> None:
    state = {name: tensor for name, tensor in small_weights().items() if not name.startswith(gone)}
    with pytest.raises(ContentError, match=said):
        split_dfer_clip(state)


def test_a_text_tower_that_is_not_that_of_the_files_clip_is_told() -> None:
    tower = torch.ones(2, 2)
    state = small_weights() | {"clip_model_.proj": tower, "text_encoder.proj": tower.half()}
    same = split_dfer_clip(state)
    assert torch.equal(same.clip["proj"], tower)
    with pytest.raises(ContentError, match=r"was trained or replaced: text_encoder\.proj") as caught:
        split_dfer_clip(state | {"text_encoder.proj": tower + 1e-6})
    assert "frozen" in caught.value.hint
    with pytest.raises(ContentError, match=r"text_encoder\.adapter, but no clip_model_\.adapter"):
        split_dfer_clip(state | {"text_encoder.adapter": tower})


def test_a_file_of_another_system_is_told_by_what_it_holds() -> None:
    with pytest.raises(ContentError, match=r"holds 'backbone\.proj', which is no part"):
        split_dfer_clip(small_weights(backbone__proj=torch.zeros(1)))
    with pytest.raises(ContentError, match=r"holds 'image_encoder\.proj', which is no part"):
        split_emoclip(small_weights())
    with pytest.raises(ContentError, match="no logit_scale"):
        split_emoclip({"backbone.proj": torch.zeros(1), "temporal.cls_token": torch.zeros(1)})


@pytest.mark.parametrize(
    ("changes", "heads", "said"),
    [
        ({}, 5, "48 rows of queries, keys and values cannot be those of 5 heads"),
        ({}, 0, "0 heads"),
        ({"temporal_net__pos_embedding": torch.zeros(17, 2)}, 8, "other dimensions"),
        ({"temporal_net__pos_embedding": torch.zeros(1, 1, 2)}, 8, "other dimensions"),
    ],
)
def test_shapes_that_no_published_model_has_are_told(changes: Any, heads: int, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        dfer_clip_settings(split_dfer_clip(small_weights(**changes)), heads=heads)


def test_a_temporal_model_without_layers_is_told() -> None:
    weights = split_dfer_clip(small_weights())
    bare = {name: tensor for name, tensor in weights.trained.items() if ".layers." not in name}
    with pytest.raises(ContentError, match=r"lacks layers\.0\.attention\.qkv"):
        dfer_clip_settings(PublishedWeights(trained=bare, clip={}, context=weights.context))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_however_a_file_is_changed_it_is_refused_or_holds_the_same_numbers(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("changed") / "file.pth"
    torch.save(good(), path)
    original = path.read_bytes()
    place = data.draw(st.integers(0, len(original) - 1))
    kind = data.draw(st.sampled_from(["change", "cut", "double"]))
    if kind == "change":
        byte = data.draw(st.integers(0, 255))
        path.write_bytes(original[:place] + bytes([byte]) + original[place + 1 :])
    elif kind == "cut":
        path.write_bytes(original[:place] + original[place + data.draw(st.integers(1, 40)) :])
    else:
        path.write_bytes(original[:place] + original[place : place + 40] + original[place:])
    with contextlib.suppress(ConfigurationError):
        state = read_published(path).state
        assert list(state) == ["w"]
        assert torch.equal(state["w"], torch.arange(6.0).reshape(2, 3))


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**300), 2**300) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(0, 2**32 - 1), inner)
    ),
    max_leaves=20,
)


@given(TREES, st.integers(2, 5))
def test_a_pickle_of_plain_values_is_read_as_they_were(tree: Any, protocol: int) -> None:
    assert read_pickle(pickle.dumps(tree, protocol), admitted=()) == tree


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotInert):
        read_pickle(data, admitted=ADMITTED)


def test_a_name_that_is_admitted_stays_a_name() -> None:
    recorder = read_pickle(
        b"\x80\x02c__main__\nRecorderMeter\n)\x81}X\x01\x00\x00\x00aK\x01sb.", admitted=ADMITTED
    )
    assert recorder == Call("__main__ RecorderMeter", ())


def test_an_ordered_dictionary_with_attributes_is_a_dictionary() -> None:
    ordered = OrderedDict(a=1)
    ordered.attribute = 2  # type: ignore[attr-defined]
    assert read_pickle(pickle.dumps(ordered, 2), admitted=ADMITTED) == {"a": 1}


def test_a_file_that_torch_writes_today_is_not_compressed(tmp_path: Path) -> None:
    torch.save(good(), tmp_path / "file.pth")
    with zipfile.ZipFile(tmp_path / "file.pth") as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    state = read_published(tmp_path / "file.pth").state
    assert math.prod(state["w"].shape) == 6
