"""The six lists as their owners would publish them: rows with exactly the protocol's fields, each with the station behind it."""

from sandbox.lists.draft import DATUM, HEADERS, PARTS
from sandbox.lists.press import Press, Published

__all__ = ["DATUM", "HEADERS", "PARTS", "Press", "Published"]
