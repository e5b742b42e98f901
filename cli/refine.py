"""`dfer refine`: the worst confusions of validation clips become questions, the answers child sets."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import output
from .asking_options import (
    AcceptTruncated,
    Api,
    BaseUrl,
    DropUnsupported,
    EndpointName,
    KeyEnv,
    MaxOutputTokens,
    Model,
    Param,
    Prompt,
    Provider,
    ReasoningEffort,
    Samples,
    Seed,
    Temperature,
    default_timeout,
    plan,
)
from .clips_progress import clips_bar
from .options import DEFAULT_DB, Db, Json, Quiet, typed
from .refinement_output import caution, print_refinement, print_round, refinement_as_json
from .set_names import SetName, stored_set
from .training_options import (
    Accelerator,
    AllowMissing,
    BrokenFrames,
    Clip,
    Compile,
    Data,
    Dataset,
    Downsample,
    Precision,
    Pretrained,
    Root,
    Sampling,
    Settings,
    ShortClips,
    Workers,
    chosen_weights,
    default_workers,
    parse_settings,
    progress_shown,
    refuse_what_the_run_decides,
)

if TYPE_CHECKING:
    from dfer.describe.collected import Event

_RECIPE = "zero-shot"
_DECIDED = (
    "fold",
    "clip",
    "frames",
    "pixel_normalisation",
    "augmentation",
    "sampling",
    "downsample",
    "short_clips",
    "broken_frames",
    "precision",
    "settings",
)

_ASKING = "Asking"
_READING = "Zero-shot, where no run decides"


def refine(
    ctx: typer.Context,
    name: SetName,
    data: Data,
    dataset: Dataset = "csv",
    root: Root = None,
    run: Annotated[
        str | None,
        typer.Option(
            "--run", help="A run that decides fold, recipe, settings and weights; without it: zero-shot."
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="So often at most the best set is asked about.")] = 15,
    pairs: Annotated[int, typer.Option(min=1, help="Confusions that a round asks about.")] = 1,
    max_calls: Annotated[
        int, typer.Option(min=1, help="Answers in all; those from the cache count too.")
    ] = 20,
    alias: Annotated[str | None, typer.Option(help="Point this @alias at the best set.")] = None,
    model: Model = "builtin/facs",
    prompt: Prompt = "distinguish",
    provider: Provider = None,
    base_url: BaseUrl = None,
    key_env: KeyEnv = None,
    endpoint_name: EndpointName = None,
    api: Api = "auto",
    temperature: Temperature = None,
    llm_seed: Seed = None,
    max_output_tokens: MaxOutputTokens = None,
    reasoning_effort: ReasoningEffort = None,
    param: Param = None,
    samples: Samples = 1,
    allow_non_english: Annotated[
        bool,
        typer.Option(
            "--allow-non-english",
            help="Take words that CLIP's English encoder hardly knows.",
            rich_help_panel=_ASKING,
        ),
    ] = False,
    accept_truncated: AcceptTruncated = False,
    drop_unsupported: DropUnsupported = False,
    attempts: Annotated[
        int, typer.Option(min=1, help="Tries per question before it is given up.", rich_help_panel=_ASKING)
    ] = 4,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Seconds for one answer in all; 120, or 600 for a server on this machine.",
            rich_help_panel=_ASKING,
        ),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            envvar="DFER_OFFLINE",
            help="Use cached answers only.",
            rich_help_panel=_ASKING,
        ),
    ] = False,
    fold: Annotated[
        int,
        typer.Option(
            min=0,
            help="The fold whose validation clips are scored; its test clips are not.",
            rich_help_panel=_READING,
        ),
    ] = 1,
    clip: Clip = "ViT-B-32",
    pretrained: Pretrained = None,
    frames: Annotated[
        int | None, typer.Option(min=1, help="Frames of a clip. Default: 16.", rich_help_panel=_READING)
    ] = None,
    pixel_normalisation: Annotated[
        Literal["none", "clip"] | None,
        typer.Option(help="As CLIP was trained (clip, the default), or none.", rich_help_panel=_READING),
    ] = None,
    augmentation: Annotated[
        str | None,
        typer.Option(
            help="Decides only how frames come to size: emoclip's middle square, or stretched.",
            rich_help_panel=_READING,
        ),
    ] = None,
    settings: Settings = None,
    sampling: Sampling = None,
    downsample: Downsample = None,
    short_clips: ShortClips = "repeat-last",
    broken_frames: BrokenFrames = "error",
    precision: Precision = "fp32",
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    compiled: Compile = False,
    allow_missing_classes: AllowMissing = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask what distinguishes the classes that a set's validation clips are confused for, and keep what helps.

    Each round asks about the worst confusion of the best set so far; answers take the place of the class's
    words, or come after them. Every candidate is stored, with its reason. Test clips are never read.
    """
    from description_store.claims import check_writable
    from description_store.database import open_store
    from description_store.runs import find_run
    from description_store.sets import checked_alias
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.asking.patience import Patience
    from dfer.describe.collected import Manner
    from dfer.refine import validation as validating
    from dfer.refine.questions import check_prompt
    from dfer.refine.refine_set import refine_set
    from dfer.refine.refining import Limits
    from dfer.training.data_source import DataSource
    from dfer.training.preparing import prepare
    from dfer.training.reading_defaults import clip_settings_of
    from dfer.training.running import Machine

    from .prompt_argument import resolve_prompt
    from .sets.labelling import point_alias

    # Whatever can be refused is refused before clips are read.
    if alias:
        checked_alias(alias)
    template = resolve_prompt(prompt, db)
    with open_store(db, must_exist=True) as store:
        found = stored_set(store, name, quiet=quiet)
        class_set = class_set_of(store, found)
        by_run = None if run is None else find_run(store, run)
        # Whom and how; what is asked takes the place of this prompt's questions.
        questions = plan(
            class_set=class_set,
            model=model,
            prompt="dfer-clip",
            provider=provider,
            base_url=base_url,
            key_env=key_env,
            endpoint_name=endpoint_name,
            api=api,
            temperature=temperature,
            seed=llm_seed,
            max_output_tokens=max_output_tokens,
            reasoning_effort=reasoning_effort,
            param=param,
            samples=samples,
            db=db,
        )
        check_prompt(template, questions)
        check_writable(store)
        with clips_bar("reading clips", quiet=quiet) as on_clip:
            source = DataSource(
                dataset=dataset,
                data=data,
                root=root,
                allow_missing_classes=allow_missing_classes,
                on_clip=on_clip,
            )
            if by_run is None:
                prepared = prepare(
                    found,
                    source,
                    recipe=_RECIPE,
                    overrides=parse_settings(
                        settings, frames=frames, pixel_normalisation=pixel_normalisation
                    ),
                    architecture=clip,
                    pretrained=chosen_weights(clip, pretrained),
                    fold=fold,
                    seed=0,
                    selection="best-val",  # so that the clips are those that it would select by
                    augmentation=augmentation,
                    clip_settings=clip_settings_of(
                        _RECIPE,
                        sampling=sampling,
                        downsample=downsample,
                        short_clips=short_clips,
                        broken_frames=broken_frames,
                    ),
                    precision=precision,
                )
                whose = f"{dataset} fold {fold}, zero-shot by {clip}"
            else:
                refuse_what_the_run_decides(ctx, *_DECIDED)
                weights = typed(ctx, "pretrained")
                prepared = validating.prepare_by_run(
                    by_run, found, source, pretrained=None if weights == "random" else weights
                )
                whose = by_run.name
        with progress_shown(quiet=quiet) as on_progress:
            validation = validating.Validation(
                prepared=prepared,
                machine=Machine(accelerator=accelerator, workers=default_workers(workers), compiled=compiled),
                on_progress=on_progress,
            )
            validation.score(found)
        refined = refine_set(
            store,
            found,
            class_set,
            score=validation.score,
            questions=questions,
            template=template,
            limits=Limits(rounds=rounds, pairs=pairs, calls=max_calls, samples=samples),
            where=f"validation clips of {whose}",
            context_tokens=validation.context_tokens,
            only_english=not allow_non_english,
            manner=Manner(
                patience=Patience(attempts=attempts, answer=timeout or default_timeout(questions.endpoint)),
                offline=offline,
                drop_unsupported=drop_unsupported,
                accept_truncated=accept_truncated,
            ),
            on_event=lambda label, event, detail: _tell(label, event, detail, quiet=quiet),
            on_round=lambda steps: print_round(steps, quiet=quiet),
        )
        if json:
            output.print_json(refinement_as_json(refined, run=run and whose))
        else:
            print_refinement(refined)
        for told in validation.cautions(by_run):
            output.warn(told, quiet=quiet)
        caution(refined, run=run and whose, quiet=quiet)
        if refined.failure is not None:
            raise refined.failure
        point_alias(store, alias, refined.best, quiet=quiet)


def _tell(label: str, event: "Event", detail: str, *, quiet: bool) -> None:
    """Only trouble: what was answered shows in the rounds."""
    if event not in ("cached", "answered"):
        output.note(f"{label}: {event}{' · ' + detail if detail else ''}", quiet=quiet)
