"""Looking through a data set before any training: everything that is wrong with it, at once."""

from dfer.clips.checking.examining import examine
from dfer.clips.checking.finding import Finding
from dfer.clips.checking.protocol_leak import other_protocol
from dfer.clips.checking.report import Report

__all__ = ["Finding", "Report", "examine", "other_protocol"]
