"""Built-in class sets (one TOML file each) and the reader of users' own."""

from dfer.class_sets.aliases import DFER_CLIP_LABELS, canonical_label
from dfer.class_sets.class_set import BUILT_IN, ClassSet, EmotionClass, load_class_set

__all__ = [
    "BUILT_IN",
    "DFER_CLIP_LABELS",
    "ClassSet",
    "EmotionClass",
    "canonical_label",
    "load_class_set",
]
