"""Links from a report to an action's form, already filled in. They lead through our own redirect, so that they outlive a re-deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import urlencode

import pandas as pd

from transforms.allowed import NEVER_ALLOWED
from transforms.naming import name_of

#: The redirect's path before an action's name.
PATH: Final = "/do/"

#: The redirect's path before the id of a run.
RUN: Final = "/run/"


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
        if rule in NEVER_ALLOWED:
            return [
                (f"更正第 {line} 行", self._to("correct", {"scope": "row", "key": f"{source}:{key}", "field": field}))
                for key, line, field in once[["row_key", "line", "field"]].head(3).itertuples(index=False, name=None)
            ]
        selector = Selector(source, rule, self.night, self.publication, len(once), group_digest(once))
        return [
            (f"放行这 {len(once)} 行", self._to("release", asdict(selector))),
            ("豁免这条规则", self._to("waive", {"scope": "source", "key": source, "rule": rule})),
        ]

    def _to(self, action: str, filled: Mapping[str, object]) -> str:
        return f"{self.base}{PATH}{action}?{urlencode(filled)}"
