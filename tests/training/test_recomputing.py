"""Less kept for the gradients, and computed again: the same training."""

from pathlib import Path

import pytest
import torch
from torch import nn

from dfer.errors import UsageError
from dfer.models import linear_layer
from dfer.models.heads import LinearHead
from dfer.models.recogniser import VideoRecogniser
from dfer.models.temporal import frame_mean
from dfer.training.loop import Progress
from dfer.training.running import Machine, run_training
from tests.training.conftest import prepared_run


@pytest.mark.parametrize("convolutions", [False, True], ids=["products", "convolutions"])
def test_recomputing_teaches_the_same_to_the_last_bit(
    db, described, world, tmp_path: Path, convolutions: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear_layer, "_is_large", lambda x, weight: convolutions)
    losses: dict[bool, list[float]] = {False: [], True: []}
    passes = dict.fromkeys(losses, 0)
    for recompute, own in losses.items():

        def on_progress(progress: Progress, own: list[float] = own) -> None:
            if progress.stage == "train":
                own.append(progress.loss or 0.0)

        prepared = prepared_run(described, world)

        def count(*_: object, recompute: bool = recompute) -> None:
            passes[recompute] += 1

        prepared.clip.model.visual.transformer.resblocks[0].ln_1.register_forward_pre_hook(count)
        run_training(
            db,
            prepared,
            set_version=1,
            out=tmp_path,
            machine=Machine(accelerator="cpu", recompute=recompute),
            again=True,
            on_progress=on_progress,
        )
    assert passes[True] == passes[False] + len(losses[True]), "each step passes the first block twice"
    assert losses[True] == losses[False]
    assert len(set(losses[True])) > 1


def test_a_model_without_blocks_to_recompute_says_so() -> None:
    class Mean(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.mean(dim=(2, 3))

    head = LinearHead(width=3, classes=2)
    recogniser = VideoRecogniser(visual=Mean(), temporal=frame_mean, text_side=None, head=head, image_size=8)
    with pytest.raises(UsageError, match="cannot be recomputed"):
        recogniser.recompute_activations()
