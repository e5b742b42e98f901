"""What there is to say about a drawn clip; captions in any language start from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from dfer.clips.synthetic.circumstances import Circumstances
from dfer.clips.synthetic.motion import Motion
from dfer.clips.synthetic.occlusion import Covering

# A unit weaker than this is not worth a word, and a person would not notice it either.
NOTICED = 0.22
_AT_MOST = 5

_SLIGHT, _STRONG = 0.4, 0.8

_TURNED = 1.5
_NODDED = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """Of one clip. `peaks` are the intensities of its class's action units at their apex that can be seen."""

    peaks: Mapping[int, float]
    person: str
    """woman, man or person."""
    tells_strength: bool = False
    hides_units: bool = False
    """Whether something in front of the face leaves out some of them."""
    covering: Covering | None = None
    is_turned: bool = False
    nod: int = 0
    """1 where the head is lowered, -1 where it is raised."""

    @property
    def noticed(self) -> list[int]:
        """The strongest units that people would mention, in the order of their numbers."""
        seen = sorted(
            (unit for unit, peak in self.peaks.items() if peak >= NOTICED),
            key=lambda unit: (-self.peaks[unit], unit),
        )
        return sorted(seen[:_AT_MOST])

    def strength(self, unit: int) -> int:
        """-1 for slight, 1 for strong, 0 for what needs no word or where all are alike."""
        if not self.tells_strength:
            return 0
        peak = self.peaks[unit]
        return -1 if peak < _SLIGHT else int(peak > _STRONG)


def what_is_shown(
    motion: Motion, circumstances: Circumstances, *, person: str, tells_strength: bool
) -> Shown:
    """What can be seen of a clip; a covering counts even if it is there in some frames only."""
    occlusion = circumstances.occlusion
    hidden = occlusion.hidden_units if occlusion else frozenset()
    peaks = {unit: peak for unit, peak in motion.peaks.items() if unit not in hidden}
    return Shown(
        peaks=peaks,
        person=person,
        tells_strength=tells_strength,
        hides_units=len(peaks) < len(motion.peaks),
        covering=occlusion.kind if occlusion else None,
        is_turned=abs(sum(pose.turn for pose in motion.poses)) > _TURNED * len(motion.poses),
        nod=int(circumstances.pitch > _NODDED) - int(circumstances.pitch < -_NODDED),
    )
