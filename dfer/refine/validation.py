"""The validation clips of one fold, and what sets score on them. Test clips are listed and never read."""

from collections import Counter
from dataclasses import dataclass, field, replace

from lightning_fabric import Fabric

from description_store.records import Combine, DescriptionSet, Run
from dfer.clips.dataset import ClipDataset
from dfer.clips.settings import ClipSettings
from dfer.describe.clip_tokens import count_tokens
from dfer.errors import UsageError
from dfer.experiments.ranking import FEW_CLIPS
from dfer.models.settings import LinearSettings, TrainedSettings, ZeroShotSettings, recipe_settings
from dfer.refine.confusions import ValidationScores, scores_of
from dfer.training.class_order import in_class_order
from dfer.training.data_source import DataSource
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric, settle
from dfer.training.frozen_tower import FrozenTower
from dfer.training.loop import OnProgress, Progress
from dfer.training.metrics import measure
from dfer.training.preparing import PreparedRun, prepare, prepare_with_weights_of
from dfer.training.rebuilding import check_same_clip
from dfer.training.run_data import datasets, tested_elsewhere
from dfer.training.running import Machine
from dfer.training.specification import RunSpecification, words_of


def prepare_by_run(
    run: Run, found: DescriptionSet, source: DataSource, *, pretrained: str | None = None
) -> PreparedRun:
    """As the run was: its recipe, settings, CLIP and fold, and its weights if it trained any.

    Raises:
        UsageError: a recipe that reads no words; the evaluation of another run; a training that held no
            clips back.
        ContentError, ConfigurationError: as `prepare_with_weights_of`.
    """
    spec = RunSpecification.model_validate(run.specification)
    if spec.trained_by is not None:
        raise UsageError(
            f"{run.name} is an evaluation with the weights of another run",
            hint="name the run that trained them",
        )
    settings = recipe_settings(spec.recipe, spec.settings)
    if isinstance(settings, LinearSettings):
        raise UsageError(
            f"{run.name} is a {run.recipe}, which reads no words", hint="there are none to refine"
        )
    if not isinstance(settings, TrainedSettings):
        prepared = prepare(
            found,
            source,
            recipe=spec.recipe,
            overrides=spec.settings,
            architecture=str(spec.clip["architecture"]),
            pretrained=pretrained or run.environment.get("pretrained"),
            fold=spec.fold,
            seed=spec.seed,
            selection="best-val",  # so that the clips are those that it would select by
            augmentation=spec.augmentation,
            clip_settings=ClipSettings.model_validate(spec.clip_settings),
            precision=spec.precision,
        )
        check_same_clip(run, prepared.clip)
        return prepared
    prepared = prepare_with_weights_of(run, found, source, pretrained=pretrained)
    if not prepared.clips.val and spec.selection != "best-val":
        raise UsageError(
            f"{run.name} was trained on all training clips of fold {spec.fold}, so that none are left to "
            "validate on",
            hint="train with --selection best-val, which holds some back; or refine zero-shot, without --run",
        )
    return prepared


@dataclass(slots=True, kw_only=True)
class Validation:
    """Scores sets on the validation clips. `prepared`: for a set of the same classes.

    The clips are the fold's own validation split, or those that selection by "best-val" sets aside from the
    training clips. The image tower sees each frame once, and what it says is kept, also for later calls; for
    a set only its texts are encoded.
    """

    prepared: PreparedRun
    machine: Machine
    on_progress: OnProgress = lambda progress: None
    clips: ClipDataset = field(init=False)
    _fabric: Fabric = field(init=False)
    _tower: FrozenTower | None = field(init=False, default=None)
    _known: dict[tuple[Combine, tuple[str, ...]], ValidationScores] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ContentError where no clips can be set aside."""
        self.clips = datasets(self.prepared)["val"]
        self._fabric = make_fabric(self.prepared.spec.precision, accelerator=self.machine.accelerator)

    def score(self, found: DescriptionSet) -> ValidationScores:
        """What `run_evaluation` would say, were the validation clips its test clips.

        Raises:
            ContentError: other classes, text over the recipe's token budget, clips that cannot be read.
            DferError: a score is not finite.
        """
        spec = self.prepared.spec
        spec = in_class_order(spec.model_copy(update=words_of(found)), spec.classes)
        key = (spec.combine, spec.texts)
        if key not in self._known:
            self._known[key] = self._score(replace(self.prepared, spec=spec))
        return self._known[key]

    def _score(self, prepared: PreparedRun) -> ValidationScores:
        # Nothing trains, so that one CLIP serves all sets.
        recogniser = prepared.build()
        settle(recogniser, self._fabric, precision=prepared.spec.precision)
        if self._tower is None:
            if self.machine.compiled:
                recogniser.visual.compile()
            self._tower = FrozenTower(
                prepared,
                recogniser,
                fabric=self._fabric,
                workers=self.machine.workers,
                compiled=self.machine.compiled,
                on_clips=lambda done, total: self.on_progress(
                    Progress(stage="features", epoch=1, epochs=1, done=done, total=total)
                ),
            )
        logits, labels = score(
            recogniser,
            self._tower.data({"val": self.clips})["val"],
            fabric=self._fabric,
            workers=0,
            ready=self._tower.ready,
        )
        recogniser.cpu()  # where the next set's texts are laid out
        classes = prepared.spec.classes
        return scores_of(measure(labels, logits, classes=len(classes)), classes)

    @property
    def context_tokens(self) -> int:
        """What the recipe puts around a text, which leaves it less room: learned context, or a sentence."""
        settings = self.prepared.settings
        if isinstance(settings, ZeroShotSettings):
            return max(count_tokens(template.replace("{}", "")) for template in settings.templates)
        return getattr(settings, "context_tokens", 0)

    @property
    def clips_of(self) -> dict[str, int]:
        counts = Counter(clip.label for clip in self.clips.clips)
        return {name: counts[name] for name in self.prepared.spec.classes}

    def cautions(self, run: Run | None) -> list[str]:
        """What makes its scores say less than they seem to."""
        told = []
        spec = self.prepared.spec
        trained = isinstance(self.prepared.settings, TrainedSettings)
        if spec.clip.get("pretrained") == "random" and not trained:
            told.append(
                "this CLIP's weights are random: its scores mean nothing (choose one that has learned)"
            )
        if unseen := [name for name, clips in self.clips_of.items() if not clips]:
            told.append(f"without validation clips, so not in the UAR: {', '.join(unseen)}")
        if few := [f"{name} ({clips})" for name, clips in self.clips_of.items() if 0 < clips < FEW_CLIPS]:
            told.append(f"few validation clips of {', '.join(few)}: a single one moves the UAR a lot")
        if elsewhere := tested_elsewhere(self.prepared, self.clips.clips):
            told.append(
                f"{elsewhere} of these clips are test clips of other folds: what is chosen here has seen them"
            )
        if run is not None and trained and self.context_tokens:
            told.append(
                f"{run.name} learned its context beside the words that it was trained with; other words "
                "borrow it here, and may do otherwise when trained with"
            )
        if run is not None and trained and run.specification["data_fingerprint"] != spec.data_fingerprint:
            told.append(
                f"these are not the very clips of {run.name}: it may have been trained on some of them"
            )
        return told
