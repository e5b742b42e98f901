"""Class-labelled video clips: lists, folds, frames, sampling, augmentation, and a synthetic world."""
