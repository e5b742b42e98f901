"""The synthetic world written to disk as the data sets of the field lie there."""
