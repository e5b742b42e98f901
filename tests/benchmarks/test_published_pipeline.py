"""The reference of the benchmarks computes what dfer computes, from the same weights."""

import torch
from torch.nn import functional

from benchmarks.published_pipeline import PublishedDferClip
from dfer.models.clip_backbone import TINY, clip_from_config
from dfer.models.recipes import build_recogniser, parameter_groups
from dfer.models.settings import DferClipSettings

TEXTS = ("a smile", "furrowed brows, narrowed eyes, tightened lips", "eyes", "a dropped jaw and raised brows")
SETTINGS = DferClipSettings()


def test_three_published_steps_are_three_of_ours() -> None:
    clip = clip_from_config(TINY | {"quick_gelu": True}, seed=1, identity={"architecture": "tiny"})
    state = {name: tensor.clone() for name, tensor in clip.model.state_dict().items()}
    ours = build_recogniser(clip=clip, texts=TEXTS, settings=SETTINGS, seed=1)
    published = PublishedDferClip(clip=state, ours=ours, texts=TEXTS)
    torch.manual_seed(0)
    frames, labels = torch.rand(4, 16, 3, 64, 64), torch.arange(4)
    sides = {
        published: published.optimizer(),
        ours: torch.optim.SGD(parameter_groups(ours, SETTINGS), fused=True),
    }
    losses: dict[torch.nn.Module, list[float]] = {model: [] for model in sides}
    for _ in range(3):
        for model, optimizer in sides.items():
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(frames), labels)
            loss.backward()
            optimizer.step()
            losses[model].append(loss.item())
    torch.testing.assert_close(losses[ours], losses[published], atol=1e-4, rtol=0)
    assert max(losses[ours]) - min(losses[ours]) > 0.1, "nothing was learnt"
    torch.testing.assert_close(ours(frames), published(frames), atol=1e-3, rtol=1e-4)
