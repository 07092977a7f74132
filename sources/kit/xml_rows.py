"""Rows from XML: one element a row. No entities, no DTD, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from lxml import etree

from sources.kit.raw import NotAsDeclaredError, Payload, Raw, raw_of
from sources.kit.text import decode

_DECLARATION: Final = re.compile(r"\A\s*<\?xml\b[^>]*?\?>")
_ENCODING: Final = re.compile(rb"""\A(?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_WEB_PAGE: Final = re.compile(r"<(?:!doctype\s+)?html\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class XmlRows:
    """Reads every element `tag`. Its child elements and attributes are the headers; a grandchild is `外层/内层`.

    `total` names the child or attribute of the root in which the owner states how many rows there are, None where it states none.
    """

    tag: str
    total: str | None = None

    def __call__(self, payloads: Sequence[Payload]) -> Raw:
        """Rows of all documents in order, numbered from 1. Raises NotAsDeclaredError, also for a document with a DTD."""
        roots = [_root(payload) for payload in payloads]
        records = [[dict(_record(row)) for row in root.iter(self.tag)] for root in roots]
        together = list(chain.from_iterable(records))
        headers = dict.fromkeys(header for record in together for header in record)
        return raw_of(together, list(headers), self._stated(roots), sizes=list(map(len, records)))

    def _stated(self, roots: Sequence[etree._Element]) -> int | None:
        if self.total is None:
            return None
        stated = [root.get(self.total) or root.findtext(self.total) or "" for root in roots]
        return sum(map(int, stated)) if stated and all(text.strip().isdecimal() for text in stated) else None


def _root(payload: Payload) -> etree._Element:
    stated = _ENCODING.match(payload.content)
    text = _DECLARATION.sub("", decode(payload, stated[1].decode() if stated else "utf-8"))
    if _WEB_PAGE.search(text[:1000]):
        raise NotAsDeclaredError(f"{payload.label}：应为 XML，收到的是网页（可能是登录页）；请检查接口")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        # entities can blow up memory or read files; no owner's list needs them, so none is ever expanded
        raise NotAsDeclaredError(f"{payload.label}：XML 里含有 DTD 或实体定义，出于安全未读取；请去掉后重新发布")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8")
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as broken:
        line, column = broken.position
        raise NotAsDeclaredError(f"{payload.label}：不是完整的 XML（第 {line} 行第 {column} 列起读不下去）；请检查接口") from None


def _record(element: etree._Element, path: str = "") -> Iterator[tuple[str, str | None]]:
    for name, value in element.attrib.items():
        yield f"{path}@{name!s}", str(value)
    children = [(str(child.tag), child) for child in element if isinstance(child.tag, str)]
    for tag, child in children:
        if len(child):
            yield from _record(child, f"{path}{tag}/")
        else:
            yield path + tag, "、".join(each.text or "" for same, each in children if same == tag) or None
