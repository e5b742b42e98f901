"""Loading a CLIP: what may be named, what a file may hold, and that no file is ever run."""

import copy
import hashlib
import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from dfer.errors import ConfigurationError, DferError, UsageError
from dfer.models.clip_backbone import TINY, ClipBackbone, load_clip


def load_tiny(pretrained: Path | str | None = None, **how: Any) -> ClipBackbone:
    return load_clip(architecture="tiny", pretrained=None if pretrained is None else str(pretrained), **how)


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return load_tiny(seed=5).model.state_dict()


def refusal(path: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_tiny(path)
    assert "\n" not in caught.value.message
    assert str(path) in caught.value.message
    return caught.value


def test_tiny_is_open_clips_own_clip_in_float32() -> None:
    clip = load_tiny()
    assert type(clip.model) is open_clip.CLIP
    assert {parameter.dtype for parameter in clip.model.parameters()} == {torch.float32}
    assert (clip.image_size, clip.embed_width, clip.text_width, clip.context_length) == (64, 256, 128, 77)
    assert clip.pixel_mean == open_clip.OPENAI_DATASET_MEAN
    assert clip.pixel_std == open_clip.OPENAI_DATASET_STD


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    weights: dict[str, torch.Tensor],
) -> None:
    again, other = load_tiny(seed=5).model.state_dict(), load_tiny(seed=6).model.state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in weights.items())
    assert not torch.equal(weights["visual.conv1.weight"], other["visual.conv1.weight"])


def test_drawing_weights_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    load_tiny(seed=3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_identity_of_random_weights_is_their_seed_and_what_they_were_drawn_for() -> None:
    drawn_for = hashlib.sha256(json.dumps(TINY, sort_keys=True).encode()).hexdigest()
    assert load_tiny(seed=7).identity == {
        "architecture": "tiny",
        "quick_gelu": False,
        "pretrained": "random",
        "seed": 7,
        "sha256": drawn_for,
    }


def test_an_architecture_without_weights_is_random_and_says_so() -> None:
    with pytest.warns(UserWarning, match="random"):
        clip = load_clip(architecture="RN50-quickgelu", pretrained=None)
    assert clip.identity["pretrained"] == "random"
    assert clip.identity["quick_gelu"] is True
    assert clip.embed_width == 1024


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_local_file_gives_its_weights_and_its_hash(
    weights: dict[str, torch.Tensor], tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"clip{suffix}"
    save_file(weights, path) if suffix == ".safetensors" else torch.save(weights, path)
    clip = load_tiny(path, seed=1)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in clip.model.state_dict().items())
    assert clip.identity["pretrained"] == path.name
    assert clip.identity["seed"] is None
    assert len(str(clip.identity["sha256"])) == 64


def test_half_precision_files_become_float32(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save_file({name: tensor.half() for name, tensor in weights.items()}, tmp_path / "half.safetensors")
    assert {p.dtype for p in load_tiny(tmp_path / "half.safetensors").model.parameters()} == {torch.float32}


def test_a_training_checkpoint_is_unwrapped(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    wrapped = {"epoch": 3, "state_dict": {f"module.{name}": tensor for name, tensor in weights.items()}}
    torch.save(wrapped, tmp_path / "checkpoint.pt")
    clip = load_tiny(tmp_path / "checkpoint.pt")
    assert torch.equal(clip.model.state_dict()["visual.proj"], weights["visual.proj"])


def test_openais_plain_numbers_among_the_weights_are_ignored(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    torch.save({**weights, "input_resolution": torch.tensor(64)}, tmp_path / "openai.pt")
    load_tiny(tmp_path / "openai.pt")


@pytest.mark.parametrize("kept", [0, 5, 8, 1000, -1])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_truncated_file_is_refused_in_one_line(
    weights: dict[str, torch.Tensor], tmp_path: Path, suffix: str, kept: int
) -> None:
    path = tmp_path / f"clip{suffix}"
    save_file(weights, path) if suffix == ".safetensors" else torch.save(weights, path)
    path.write_bytes(path.read_bytes()[:kept])
    assert "damaged" in refusal(path).message


class Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".safetensors"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_wants_to_run_code_is_refused_and_does_not_run(
    tmp_path: Path, suffix: str, zipped: bool
) -> None:
    marker, path = tmp_path / "it_ran", tmp_path / f"hostile{suffix}"
    content = {"state_dict": {}, "extra": Bomb(marker)}
    torch.save(content, path) if zipped else path.write_bytes(pickle.dumps(content))
    error = refusal(path)
    assert not marker.exists()
    assert "weights_only" not in error.message + error.hint  # torch would advise to switch the protection off


def test_a_torchscript_program_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "ViT-B-32.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path)
    error = refusal(path)
    assert "TorchScript" in error.message
    assert "state_dict" in error.hint


@pytest.mark.parametrize(
    "content", [[1, 2], {}, {"epoch": 3}, {"state_dict": {1: torch.zeros(1)}}, torch.zeros(2)]
)
def test_a_file_without_named_tensors_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "odd.pt")
    refusal(tmp_path / "odd.pt")


def test_weights_of_another_model_are_refused_by_name_and_shape(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    wrong = {name: tensor for name, tensor in weights.items() if name != "visual.proj"}
    wrong["visual.head"] = torch.zeros(1)
    wrong["visual.positional_embedding"] = torch.zeros(50, 256)  # open_clip would stretch it to fit
    save_file(wrong, tmp_path / "other.safetensors")
    message = refusal(tmp_path / "other.safetensors").message
    assert "missing: visual.proj;" in message
    assert "unexpected: visual.head;" in message
    assert "visual.positional_embedding is 50×256 instead of 2×256" in message


def test_weights_that_hold_more_than_a_clip_are_a_clip_as_farls_files_are(
    weights: dict[str, torch.Tensor], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """FaRL: `torch.load(file)["state_dict"]`, CLIP's names, and what its pretraining needed besides."""
    more = {**weights, "mim_head.weight": torch.zeros(3, 3), "mim_head.bias": torch.zeros(3)}
    torch.save({"state_dict": more, "epoch": 64}, tmp_path / "FaRL.pth")
    clip = load_tiny(tmp_path / "FaRL.pth")
    state = clip.model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in weights.items())
    assert "2 tensors that are not CLIP's are left out: mim_head.weight, mim_head.bias" in caplog.text


def test_a_missing_file_and_a_folder_are_configuration_errors(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "absent.safetensors").message
    assert "folder" in refusal(tmp_path).message


@pytest.mark.parametrize(
    ("name", "nearest"), [("VIT-B-32", "ViT-B-32"), ("tini", "tiny"), ("hf-hub:x/y", "tiny")]
)
def test_an_unknown_architecture_offers_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UsageError, match="did you mean") as caught:
        load_clip(architecture=name, pretrained=None)
    assert nearest in caught.value.message


def test_an_unknown_tag_lists_the_architectures_tags() -> None:
    with pytest.raises(UsageError, match=r"its tags are .*openai.*laion2b_s34b_b79k"):
        load_clip(architecture="ViT-B-32", pretrained="opnai")
    with pytest.raises(UsageError, match="no tags"):
        load_tiny("openai")


def test_weights_that_cannot_be_fetched_say_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(tag: dict[str, Any]) -> str:
        raise OSError("no route to host\nand many lines more")

    monkeypatch.setattr(open_clip, "download_pretrained", offline)
    with pytest.raises(ConfigurationError, match="no route to host") as caught:
        load_clip(architecture="ViT-B/32", pretrained="openai")
    assert "\n" not in caught.value.message
    assert "vit_base_patch32_clip_224.openai" in caught.value.hint
    assert "quickgelu" in caught.value.hint


def test_a_tag_brings_its_activation_and_pixel_statistics(
    weights: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file(weights, tmp_path / "fetched.safetensors")
    tag = {"hf_hub": "x/y/", "quick_gelu": True, "mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25)}
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda architecture, name: tag)
    monkeypatch.setattr(open_clip, "download_pretrained", lambda tag: str(tmp_path / "fetched.safetensors"))
    clip = load_tiny("a-tag")
    assert clip.identity["quick_gelu"] is True
    assert clip.identity["pretrained"] == "a-tag"
    assert any(isinstance(module, open_clip.transformer.QuickGELU) for module in clip.model.visual.modules())
    assert (clip.pixel_mean, clip.pixel_std) == ((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def test_loading_does_not_change_the_built_in_configuration() -> None:
    before = copy.deepcopy(TINY)
    load_tiny()
    assert before == TINY


def test_captioning_models_are_refused() -> None:
    with pytest.raises(DferError, match="captioning"), pytest.warns(UserWarning, match="random"):
        load_clip(architecture="coca_ViT-B-32", pretrained=None)
