"""Merge: the listings of a station become the station, each field by a stated rule (`choosing`)."""

from transforms.merge.merging import Merged, merge

__all__ = ["Merged", "merge"]
