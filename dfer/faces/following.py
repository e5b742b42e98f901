"""One person among the faces of a clip."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dfer.faces.box import Box, SeenFace, overlap

SAME_FACE = 0.3
"""The least overlap of a face with itself one frame later. At 25 frames a second a face would have to move
half its width in a frame to fall below."""


_MEMORY = 25
"""Frames with faces after which a track that none of them continued has ended."""


@dataclass
class _Track:
    faces: dict[int, SeenFace] = field(default_factory=dict)
    """By frame, in order."""

    @property
    def last(self) -> Box:
        return next(reversed(self.faces.values())).box

    @property
    def span(self) -> range:
        return range(next(iter(self.faces)), next(reversed(self.faces)) + 1)

    @property
    def weight(self) -> float:
        """Large and long counts: the area over all frames."""
        return sum(face.box.width * face.box.height * face.confidence for face in self.faces.values())


def follow(faces: Sequence[Sequence[SeenFace]]) -> tuple[Box | None, ...]:
    """Of the faces on each frame the box of one person, None on frames without.

    Boxes are linked to those before by their overlap. The person followed is the one whose boxes have the
    largest area over all frames. Before its first box and after its last, as at a cut, the next largest goes
    on, unless it was seen while the first was there: then it is somebody else.
    """
    followed: dict[int, SeenFace] = {}
    taken: list[range] = []
    for track in sorted(_tracks(faces), key=lambda track: -track.weight):
        if all(track.span.stop <= span.start or span.stop <= track.span.start for span in taken):
            taken.append(track.span)
            followed.update(track.faces)
    return tuple(followed[frame].box if frame in followed else None for frame in range(len(faces)))


def cuts(boxes: Sequence[Box | None]) -> tuple[int, ...]:
    """Frames on which the face is elsewhere than on the frame before, too far to have moved there."""
    pairs = enumerate(pairwise(boxes), start=1)
    return tuple(
        frame for frame, (before, now) in pairs if before and now and overlap(before, now) < SAME_FACE
    )


def _tracks(faces: Sequence[Sequence[SeenFace]]) -> list[_Track]:
    """Each face goes to the track whose last box it overlaps most, the best pairs first."""
    ended: list[_Track] = []
    open_tracks: list[_Track] = []
    with_faces = [frame for frame, here in enumerate(faces) if here]
    for count, frame in enumerate(with_faces):
        oldest = with_faces[max(0, count - _MEMORY)]
        ended += [track for track in open_tracks if track.span.stop <= oldest]
        open_tracks = [track for track in open_tracks if track.span.stop > oldest]
        pairs = [
            (overlap(track.last, face.box), number, place)
            for number, track in enumerate(open_tracks)
            for place, face in enumerate(faces[frame])
        ]
        left = dict(enumerate(faces[frame]))
        linked: set[int] = set()
        for share, number, place in sorted(pairs, key=lambda pair: -pair[0]):
            if share < SAME_FACE:
                break
            if place in left and number not in linked:
                linked.add(number)
                open_tracks[number].faces[frame] = left.pop(place)
        open_tracks += [_Track({frame: face}) for face in left.values()]
    return ended + open_tracks
