"""From a data set as it lies on disk to clips: one small file for each layout of the field."""
