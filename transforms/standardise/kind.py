"""What kind of place a text speaks of, and whose door it is."""

from __future__ import annotations

import re

from transforms.standardise import latin, words
from transforms.standardise.organisation import brand_in

#: Kinds that say what is shown or done at a place more than what the place is: a union's station in a bank is a bank outlet with a plaque.
WEAK = frozenset({"union_station", "civ_centre", "civ_institute", "civ_station", "civ_point", "other"})

_PUBLIC = re.compile(r"社区|街道|党群|党员|村民委员会|村委会|居委会|居民委员会|人民政府|办事处|[村镇乡]$")


def kind_of(clean: str) -> str | None:
    """Code of the kind that a cleaned text speaks of: the last word for a place, else a hint of one, else the last weak word."""
    if latin.is_latin(clean):  # ATM is a hint as a word, and none inside Treatment
        return words.by_word("kinds", hints=True).get(clean.upper())
    known = words.by_word("kinds")
    found = [known[word.upper()] for word in words.pattern("kinds").findall(clean)]
    strong = [code for code in found if code not in WEAK]
    if strong:
        return strong[-1]
    hints = words.by_word("kinds", hints=True)
    hinted = [hints[word.upper()] for word in words.pattern("kinds", hints=True).findall(clean)]
    strong = [code for code in hinted if code not in WEAK]
    return strong[-1] if strong else hinted[-1] if hinted else None


def host_group(clean: str) -> str | None:
    """Group of hosts (bank, telecom, merchant, street, built, public) that a cleaned name speaks of, by its brand, else by its kind."""
    brand = brand_in(clean)
    group = words.hosts("brands").get(brand.name) if brand else None
    if group in {"bank", "telecom", "merchant"}:
        return group
    group = words.hosts("kinds").get(kind_of(clean) or "") or None
    return "public" if group in {None, "union"} and _PUBLIC.search(clean) else group
