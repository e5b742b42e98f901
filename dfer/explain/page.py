"""What a clip's descriptors did, as one HTML file that needs nothing else: no network, no script."""

from collections.abc import Sequence
from typing import Any

from jinja2 import ChoiceLoader, PackageLoader
from markupsafe import Markup

from description_store.records import Run
from dfer import __version__
from dfer.experiments.published_results import departures
from dfer.experiments.report.drawing import DARK_SERIES, SERIES
from dfer.experiments.report.origins import Facts, date, origin_of_runs, origin_of_set
from dfer.experiments.visible_text import page_environment
from dfer.explain.clip_shown import ShownClip, thumbnails
from dfer.explain.evidence import ClassEvidence
from dfer.explain.explainer import Explainer
from dfer.explain.in_words import beside_average, decimals_for, signed, strongest, verdict, warnings

_FIRST = 7
"""So many classes stand by themselves; further ones are folded away together."""


def explanation_page(
    explainer: Explainer,
    clip: ShownClip,
    evidence: Sequence[ClassEvidence],
    *,
    windows: int = 1,
    run: Run | None = None,
) -> str:
    """The page's text, the same for the same clip and recogniser.

    `windows`: how many the evidence is the mean of. `run`: the one that trained the recogniser, if any.
    """
    loaded = explainer.loaded
    average = sum(one.score for one in evidence) / len(evidence)
    rows = [(one, _rows(one, average)) for one in evidence]
    values = [abs(row["value"]) for _, of_class in rows for row in of_class if row["value"] is not None]
    decimals = decimals_for(values)
    trained_with = "" if run is None or run.set_hash == loaded.description_set.hash else f"v{run.set_version}"
    # Style and parts are the report's, so that both pages look alike.
    environment = page_environment(
        ChoiceLoader(
            [PackageLoader("dfer.explain", "pages"), PackageLoader("dfer.experiments", "pages/report")]
        )
    )
    environment.filters |= {
        "signed": lambda value: signed(value, decimals),
        "number": lambda value: f"{value:.{decimals}f}".replace("-", "−"),
        "percent": lambda fraction: f"{100 * fraction:.1f}",
    }
    return environment.get_template("explanation.html.j2").render(
        clip=clip,
        frames=thumbnails(clip),
        windows=windows,
        loaded=loaded,
        unit=explainer.unit,
        method=explainer.method,
        has_context=getattr(loaded.settings, "context_tokens", 0) > 0,
        evidence=evidence,
        first=_FIRST,
        rows=rows,
        average=average,
        most=max(values, default=0.0) or 1.0,
        verdict=verdict(evidence),
        strongest=strongest(evidence[0], average=average, decimals=decimals),
        warnings=warnings(explainer, trained_with=trained_with),
        recogniser=_recogniser(explainer, run),
        set_facts=origin_of_set(loaded.description_set, {}),
        series=list(zip(SERIES, DARK_SERIES, strict=True)),
        shading=Markup(),
        version=__version__,
    )


def _rows(found: ClassEvidence, average: float) -> list[dict[str, Any]]:
    """A descriptor, its evidence, and what its bar shows: beside the average class where evidence is a share,
    since all shares have most of their size in common."""
    return [
        {
            "descriptor": one.descriptor,
            "evidence": one.evidence,
            "value": beside_average(one, found, average) if found.method == "parts" else one.evidence,
        }
        for one in found.descriptors
    ]


def _recogniser(explainer: Explainer, run: Run | None) -> Facts:
    loaded = explainer.loaded
    if run is None:
        changed = departures(loaded.recipe, loaded.settings.model_dump(mode="json"))
        own = ", ".join(f"{name}={value}" for name, value in changed.items())
        clip = ", ".join(
            f"{name}={value}" for name, value in loaded.clip.identity.items() if value is not None
        )
        return (
            ("recipe", loaded.recipe),
            ("settings", "the recipe's own" + (f" but {own}" if own else "")),
            ("CLIP", clip),
        )
    return (
        ("run", run.name),
        ("specification", run.spec_hash),
        ("trained on", f"{run.dataset}, fold {run.fold}, seed {run.seed}"),
        ("made on", date(run.created_at) or "–"),
        *((name, value) for name, value in origin_of_runs(run) if name not in ("trained on", "classes")),
    )
