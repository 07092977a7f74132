"""Which owner's value a station takes: a stated rule a field, as a table.

A claim is one competing listing's value of a field. Claims are ranked by the keys of the field's rule in order (RANKS says what each
means); claims equal in all of them are settled by the smaller value and then by listing id, so that nothing hangs on the order of rows.
A claim without the field itself (a community's name without its code, hours that could not be read) stands behind every one with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Ranking key → what more of it means.
RANKS: Final = {
    "agreement": "more sources give the same value",
    "basis": "stated by the owner, rather than by rule, rather than the source's hint",
    "completeness": "more is told: parts of the address, or a core name and an organisation in the name",
    "earliest": "the date is earlier",
    "fit": "the batch does not contradict the kind and host of the place",
    "given": "the position was given as it is, not put right by swapping",
    "nearness": "more sources stand within 150 m",
    "presence": "the field itself is told, not only what comes along with it (asked first of every field)",
    "premises": "the kind says whose premises these are, not only which plaque hangs there",
    "seen": "it stands on its owner's latest list",
    "trust": "the source is trusted more",
    "updated": "the owner changed it later (a date after the night counts as the night)",
}


@dataclass(frozen=True, slots=True)
class Pick:
    """One claim wins: `field`, and `along` from the same listing. `within`: claims that name another value of that column than the one
    already chosen do not compete (a street of another county)."""

    field: str
    by: tuple[str, ...]
    reason: str
    along: tuple[str, ...] = ()
    within: str = ""


#: In the order in which they are chosen: what a later one leans on comes first.
PICKS: Final[tuple[Pick, ...]] = (
    Pick(
        "kind",
        ("premises", "agreement", "trust", "updated", "seen"),
        "The union calls a bank with its plaque a union station; the bank knows that it is a bank.",
    ),
    Pick(
        "name",
        ("trust", "completeness", "agreement", "updated", "seen"),
        "A register reads best in one style: the most trusted source's, and there the name that says most.",
    ),
    Pick("host", ("agreement", "trust", "updated", "seen"), "Whose premises these are is a fact that independent owners agree on."),
    Pick("county_code", ("agreement", "trust", "updated", "seen"), "Two lists that agree outweigh one that slipped.", along=("county",)),
    Pick(
        "town_code",
        ("agreement", "trust", "updated", "seen"),
        "As the county, and inside it: divisions of a station must form a chain.",
        along=("town",),
        within="county_code",
    ),
    Pick(
        "community_code",
        ("agreement", "trust", "updated", "seen"),
        "As the street, and inside it.",
        along=("community",),
        within="town_code",
    ),
    Pick(
        "address",
        ("completeness", "trust", "updated", "seen"),
        "A door is found by number, building and floor; an address of another county than the chosen one leads astray.",
        within="county_code",
    ),
    Pick(
        "lng_wgs84",
        ("nearness", "given", "trust", "updated", "seen"),
        "A position that others confirm is neither of a wrong datum nor swapped. One owner's position, never a mean: a mean of two doors is no door.",
        along=("lat_wgs84",),
    ),
    Pick(
        "hours",
        ("agreement", "updated", "seen", "trust"),
        "Two lists that agree outweigh one cell that slipped; hours change often, so among equals the latest word counts.",
        along=("hours_text",),
    ),
    Pick(
        "batch",
        ("fit", "basis", "agreement", "trust", "updated", "seen"),
        "What an owner states, unless it cannot be true of the place; then the rule of kind and host.",
        along=("batch_basis",),
    ),
    Pick("credit_code", ("agreement", "trust", "updated", "seen"), "A code with a right check digit may still be the parent company's."),
    Pick("opened_on", ("earliest", "trust", "seen"), "Owners write the date of their own plaque; the station opened with the first."),
)

#: Fields of which a station takes all values of all competing listings, sorted: what one owner lists another only left out.
UNIONS: Final = ("plaques", "phones", "facilities")
