"""From a clip's features to each descriptor's evidence."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from dfer.class_sets import ClassSet
from dfer.errors import UsageError
from dfer.explain.evidence import ClassEvidence, DescriptorEvidence, Method
from dfer.explain.other_words import with_other_words
from dfer.explain.shortened import Shortened, shortened_texts
from dfer.models.heads import LearnedScaleHead, LinearHead
from dfer.models.recogniser import VideoRecogniser
from dfer.predict.loaded import LoadedRecogniser

_ONLY_NAMES = ("names", "template")
_WINDOWS_AT_ONCE = 16
"""Where the context depends on the clip (CoCoOp), every window has all texts read anew."""


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """A recogniser, and the same recogniser told what its descriptors are to be compared with.

    Made once by `make_explainer`; then clips are explained one by one.
    """

    loaded: LoadedRecogniser
    method: Method
    words: tuple[tuple[Shortened, ...], ...]
    """Of each class in the order of the scores."""
    told: VideoRecogniser
    """parts: a class for each descriptor. leave-one-out: the classes, then each class without each of its
    descriptors that leaves a text."""
    own_text: Tensor | None
    told_text: Tensor | None
    """Text features of the recogniser and of `told`, where they are the same for all clips."""

    @property
    def unit(self) -> str:
        """What scores and evidence are measured in, such as "cosine × 100"."""
        return _unit(self.loaded.recogniser)

    @torch.no_grad()
    def explain(self, video: Tensor) -> tuple[ClassEvidence, ...]:
        """Features of a clip's sampled frames, (windows, frames, embed) → the classes, most probable first.

        One window is the rule. Of several, scores, probabilities and evidence are means, so that evidence
        that sums to the score of each window sums to the mean score.
        """
        loaded = self.loaded
        parts = [self._scores(loaded.fabric.to_device(part)) for part in torch.split(video, _WINDOWS_AT_ONCE)]
        logits, told_logits = (torch.cat(of_parts) for of_parts in zip(*parts, strict=True))
        told: list[float] = told_logits.mean(dim=0).tolist()
        scores, shares = logits.mean(dim=0).tolist(), logits.softmax(dim=-1).mean(dim=0).tolist()
        evidence = self._shares(told) if self.method == "parts" else self._losses(told)
        found = [
            ClassEvidence(
                class_name=name,
                score=scores[place],
                probability=shares[place],
                method=self.method,
                descriptors=tuple(
                    DescriptorEvidence(descriptor=one.descriptor, evidence=amount)
                    for one, amount in zip(self.words[place], evidence[place], strict=True)
                ),
            )
            for place, name in enumerate(loaded.class_names)
        ]
        return tuple(sorted(found, key=lambda one: (-one.probability, -one.score)))

    def _scores(self, video: Tensor) -> tuple[Tensor, Tensor]:
        """(windows, frames, embed) → (windows, classes), (windows, classes of `told`)."""
        with self.loaded.fabric.autocast():
            own = self.loaded.recogniser(video, self.own_text)
        with _precision(self.loaded, self.method):
            told = self.told(video, self.told_text)
        return own.float(), told.float()

    def _shares(self, told: Sequence[float]) -> list[list[float | None]]:
        """Of every descriptor's own score, by class: its share of their mean."""
        of_descriptors = iter(told)
        return [[next(of_descriptors) / len(words) for _ in words] for words in self.words]

    def _losses(self, told: Sequence[float]) -> list[list[float | None]]:
        """The classes' scores come first; they and those without a descriptor were read together."""
        without = iter(told[len(self.words) :])
        return [
            [score - next(without) if one.texts else None for one in words]
            for score, words in zip(told, self.words, strict=False)
        ]


def make_explainer(loaded: LoadedRecogniser, *, class_set: ClassSet) -> Explainer:
    """Have every text read that descriptors are to be compared by, all at once.

    Where a score is the mean of a text for each descriptor (Menon & Vondrick, `mean_score`), a descriptor's
    evidence is its share. Elsewhere its class is told again without it, beside the same learned context, and
    the evidence is what the score loses. `class_set` is what the recogniser's set was made for.

    Raises:
        UsageError: the recogniser reads no words, or its set says nothing of a class but its name.
        ContentError: as `shortened_texts`.
    """
    _check_reads_descriptors(loaded)
    of_classes = shortened_texts(loaded.description_set, class_set)
    words = tuple(of_classes[name] for name in loaded.class_names)
    method = _method(loaded)
    if method == "parts":
        lines = [text.split("\n") for text in loaded.texts]
        texts = [line for own in lines for line in own]
        owners = [place for place, own in enumerate(lines) for _ in own]
    else:
        _check_leaves_something(loaded.set_name, words)
        kept = [(place, one) for place, own in enumerate(words) for one in own if one.texts]
        texts = [*loaded.texts, *("\n".join(one.texts) for _, one in kept)]
        owners = [*range(len(words)), *(place for place, _ in kept)]
    told = with_other_words(loaded, texts=texts, owners=owners)
    with torch.no_grad(), loaded.fabric.autocast():
        own_text = loaded.recogniser.text_features()
    with torch.no_grad(), _precision(loaded, method):
        told_text = told.text_features()
    return Explainer(
        loaded=loaded,
        method=method,
        words=words,
        told=told,
        own_text=own_text,
        told_text=told_text,
    )


def _method(loaded: LoadedRecogniser) -> Method:
    """Means of scores can be taken apart; the best frame of a class is not the best of its descriptors."""
    additive = loaded.combine == "mean_score" and loaded.recogniser.frame_ensemble != "max_score"
    return "parts" if additive else "leave-one-out"


def _check_reads_descriptors(loaded: LoadedRecogniser) -> None:
    control = loaded.description_set.provenance.control
    if loaded.recogniser.text_side is None:
        raise UsageError(
            f"{loaded.recipe} has a linear head, which reads no words: no descriptor adds to a score",
            hint="--explain goes with recipes that compare with texts, such as zero-shot or dfer-clip",
        )
    if control in _ONLY_NAMES:
        raise UsageError(
            f"{loaded.set_name} is a {control} control: it names the classes and describes none",
            hint="--explain needs a set with descriptors",
        )


def _check_leaves_something(set_name: str, words: Sequence[Sequence[Shortened]]) -> None:
    if not any(one.texts for own in words for one in own):
        raise UsageError(
            f"{set_name} has one descriptor for each class: without it nothing is left to compare with",
            hint="--explain needs classes of several descriptors",
        )


def _precision(loaded: LoadedRecogniser, method: Method) -> AbstractContextManager[None]:
    """Shares are computed as the score itself is. The difference that one descriptor makes would be lost in
    the three digits of bfloat16."""
    return loaded.fabric.autocast() if method == "parts" else nullcontext()


def _unit(recogniser: VideoRecogniser) -> str:
    head = recogniser.head
    if isinstance(head, LinearHead):
        return "logit"
    scale = head.logit_scale.exp().item() if isinstance(head, LearnedScaleHead) else 1 / head.temperature
    return f"cosine × {scale:.4g}"
