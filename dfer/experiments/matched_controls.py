"""Which of some sets is the control of which: random words matter only beside the words they stand for."""

from collections.abc import Mapping

from description_store.records import DescriptionSet

_MATCHED = ("random", "shared", "scrambled", "swapped")
"""Controls made from a set, as many words and as long; the first is preferred. `names` and `template` take
nothing from the set."""


def matched_controls(sets: Mapping[str, DescriptionSet]) -> dict[str, str]:
    """For each set that has one among `sets`, the name of its matched control."""
    found = {}
    for name, one in sets.items():
        own = [
            (_MATCHED.index(other.provenance.control), other.version, other_name)
            for other_name, other in sets.items()
            if other.provenance.control in _MATCHED and other.provenance.parent_hash == one.hash
        ]
        if own:
            found[name] = min(own)[2]
    return found


def is_control(one: DescriptionSet) -> bool:
    """Whether a set says nothing that somebody thought of: class names, templates, random words."""
    return one.provenance.control is not None
