"""Merge: the listings of a station become the station, each field by a stated rule (`choosing`)."""

from transforms.merge.again import Touched, merge_again, touched
from transforms.merge.merging import Merged, merge

__all__ = ["Merged", "Touched", "merge", "merge_again", "touched"]
