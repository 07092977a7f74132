"""The civilization-practice centres' register: one XML document in GB18030, republished on Mondays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from sandbox.servers.edition import City, Edition, date_of, published_night
from sandbox.servers.exchange import Answer, Request

#: The register appears soon after midnight, before anyone's night begins.
_PUBLISHED_AT: Final = time(0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


class PracticeCentres:
    """GET, with If-Modified-Since."""

    def __init__(self, city: City) -> None:
        self._city = city

    def __call__(self, request: Request) -> Answer:
        """The document of the latest Monday, or 304. Compared for equality, so that a city moved back to an earlier night is seen."""
        edition = self._city.edition
        day = date_of(published_night("civilization", edition.night))
        modified = format_datetime(datetime.combine(day, _PUBLISHED_AT).astimezone(UTC), usegmt=True)
        if request.headers.get("if-modified-since") == modified:
            return Answer(HTTPStatus.NOT_MODIFIED, headers={"Last-Modified": modified})
        return Answer(HTTPStatus.OK, document(edition, day), {"Last-Modified": modified, "Content-Type": "application/xml"})


def document(edition: Edition, day: date) -> bytes:
    """The register as bytes. Encoded by Python, for libraries of C differ in what they make of private-use characters."""
    rows = edition.lists["civilization"]
    root = etree.Element("实践阵地名录", {"发布日期": day.isoformat(), "总数": str(len(rows))})
    for row in rows:
        place = etree.SubElement(root, "阵地")
        for header, text in row.fields.items():
            etree.SubElement(place, header).text = text
    body = etree.tostring(root, encoding="unicode", pretty_print=True)
    return f'<?xml version="1.0" encoding="GB18030"?>\n{body}'.encode("gb18030")
