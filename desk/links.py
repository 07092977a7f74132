"""Links from a report to our own pages, and through one of them to an action's form, already filled in: such a link outlives a re-deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import quote, urlencode

import pandas as pd

from transforms.allowed import DRIFT, NEVER_ALLOWED, RELEASED_AT_MOST
from transforms.naming import name_of

#: Path of each page on our own port; DO is the redirect's, before an action's name.
HOME, JUDGE, FIND, STATION, ROW, SOURCE, HELD, DO = "/", "/judge", "/find", "/station/", "/row/", "/source/", "/held.xlsx", "/do/"

#: The same by name, for templates.
PAGES: Final[Mapping[str, str]] = {
    "home": HOME,
    "judge": JUDGE,
    "find": FIND,
    "station": STATION,
    "row": ROW,
    "source": SOURCE,
    "held": HELD,
    "do": DO,
    "act": "/act/",
}

#: The path of an action's form on our own page, and the redirect's before the id of a run.
ACT, RUN = PAGES["act"], "/run/"

#: Where the API answers on our own port, without a slash at the end.
API: Final = "/api"


#: Rules that name a header which a list has lost or gained.
HEADERS: Final = ("header_missing", "header_unknown")


def _bare(header: str) -> str:
    """A header without the sheet that it was missed in."""
    return re.sub(r"（[^（）]*）$", "", header)


@dataclass(frozen=True, slots=True)
class Selector:
    """A group as a link carries it: rows of `source` held back under `rule` as of `night` in `publication`, how many, and which (`digest`)."""

    source: str
    rule: str
    night: str
    publication: str
    count: int
    digest: str


def group_digest(rows: pd.DataFrame) -> str:
    """Names a set of rows (row_key, row_digest) by their keys and content."""
    return name_of(sorted({f"{key}\t{digest}" for key, digest in zip(rows["row_key"], rows["row_digest"], strict=True)}))


@dataclass(frozen=True, slots=True)
class Links:
    """Where the redirect answers (`base`, without a slash at its end), and the publication whose report the links stand in."""

    base: str
    night: str
    publication: str

    def of_group(self, source: str, rule: str, rows: pd.DataFrame) -> list[tuple[str, str]]:
        """What can be done with a group of held-back rows (row_key, row_digest, line, field): a word and an address each."""
        once = rows.drop_duplicates("row_key")
        every = (f"全部 {len(once)} 行（Excel）", f"{self.base}{HELD}?{urlencode({'source': source, 'rule': rule})}")
        if rule in NEVER_ALLOWED:
            return [
                every,
                *(
                    (f"更正第 {line} 行", self._to("correct", {"scope": "row", "key": f"{source}:{key}", "field": field}))
                    for key, line, field in once[["row_key", "line", "field"]].head(3).itertuples(index=False, name=None)
                ),
            ]
        waiver = ("豁免这条规则", self._to("waive", {"scope": "source", "key": source, "rule": rule}))
        if len(once) > RELEASED_AT_MOST:
            return [every, waiver]
        selector = Selector(source, rule, self.night, self.publication, len(once), group_digest(once))
        return [every, (f"放行这 {len(once)} 行", self._to("release", asdict(selector))), waiver]

    def of_stopped(self, source: str, issues: pd.DataFrame) -> list[tuple[str, str]]:
        """What can be done with a list that was stopped, or whose headers changed, by what is wrong with it as a whole (rule, value): a word and an address each."""
        rules = sorted({*issues["rule"]} & {*DRIFT})
        headers = list(dict.fromkeys(issues.loc[issues["rule"].isin(HEADERS), "value"].dropna().map(_bare)))
        told = {"source": source, **({"rules": "\n".join(rules)} if rules else {}), **({"headers": "\n".join(headers)} if headers else {})}
        accept = [("接受变更", self._to("accept", told))] if rules or headers else []
        return [*accept, ("重跑来源", self._to("refetch", {"source": source}))]

    def of_row(self, source: str, row_key: str) -> str:
        """The page of a row."""
        return f"{self.base}{ROW}{source}/{quote(row_key)}"

    def _to(self, action: str, filled: Mapping[str, object]) -> str:
        return f"{self.base}{DO}{action}?{urlencode(filled)}"
