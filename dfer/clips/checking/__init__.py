"""A data set on disk, examined before anything is trained on it."""
