"""Rows as owners write them → listings: one cleaner a noun, over the distinct values of each column."""

from transforms.standardise.listing import standardise
from transforms.standardise.unreadable import Unreadable

__all__ = ["Unreadable", "standardise"]
