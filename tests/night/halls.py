"""The telecom firm's halls: what it sent, and changes written by a test in its place."""

from __future__ import annotations

import json
from typing import TypeAlias

from sources.kit.retrieval import Outcome, Retrieval
from tests.night.town import Household

Hall: TypeAlias = dict[str, object]


def halls_of(household: Household, night: str) -> list[Hall]:
    """The halls that the firm sent on the night and that became listings, in its order."""
    archive = household.house.archive
    retrieval = archive.recall(night, "telecom_mobile")
    assert retrieval is not None
    halls = [hall for part in retrieval.parts for hall in json.loads(archive.read(part.sha256))["items"]]
    is_open = set(
        household.query("select row_key from listing where source = 'telecom_mobile' and is_open and valid_to is null")["row_key"]
    )
    return [hall for hall in halls if hall["hallId"] in is_open]


def tombstone(hall: Hall, night: str) -> Hall:
    """The row by which the firm says that a hall is gone."""
    return {**dict.fromkeys(hall), "hallId": hall["hallId"], "deleted": True, "changedOn": night}


def send_changes(household: Household, night: str, since: str, halls: list[Hall]) -> None:
    """Let the archive hold these changes as what the firm sent that night."""
    archive = household.house.archive
    body = {"success": True, "total": len(halls), "offset": 0, "asOf": night, "items": halls}
    part = archive.put(json.dumps(body, ensure_ascii=False).encode(), "page-0001.json")
    archive.record(
        Retrieval("telecom_mobile", night, Outcome.OK, "delta", (part,), watermark=night, since=since, total=len(halls), tries=1)
    )
