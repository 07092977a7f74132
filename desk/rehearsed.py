"""A night run again beside what was published of it: rows newly held back or let through, lists stopped or taken, stations that came out otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from sqlalchemy import Connection, text

from transforms.dedupe.changes import changes
from warehouse.state import standing

#: What names a row that is held back, over nights.
ROW: Final = ["source", "row_key", "row_digest"]

#: Columns of the differences. kind of a row: held, passed, more (held before too, now for this rule besides), fewer; of a list: stopped, taken; of a station: opened,
#: closed, merged, split, renumbered, changed. `parts`: ids joined by ; - those merged, those split into, or the new id; `part_names`: their names, a line each.
ROWS: Final = ("kind", *ROW, "line", "rule", "field", "value")
FLAGS: Final = ("source", "rule", "severity", "was", "now")
LISTS: Final = ("kind", "source", "why")
STATIONS: Final = ("kind", "station_id", "name", "parts", "part_names", "field", "was", "now")

#: When a row was read last by the night, and what critical rules then held it back.
_MET: Final = """
with met as (
  select source, row_key, rule, field, value, night, max(night) over (partition by source, row_key) as last
  from issue where night <= :night and severity = 'critical' and decision_id is null and row_key is not null
)
select source, row_key, rule, min(field) as field, min(value) as value from met where night = last group by source, row_key, rule
"""
_FLAGS: Final = """
select coalesce(source, '') as source, rule, severity, count(*) as issues from issue where night = :night and severity <> 'critical'
group by 1, rule, severity order by 1, rule
"""
#: A rejected night keeps no figures of its lists: those with a critical issue of the whole list were stopped.
_STOPPED: Final = """
select r.source, coalesce(s.is_stopped, i.why is not null) as is_stopped, coalesce(i.why, r.message) as why
from retrieval r left join source_night s on s.night = r.night and s.source = r.source
left join (select source, string_agg(message, ' ' order by message) as why from issue
           where night = :night and row_key is null and line is null and severity = 'critical' group by source) i on i.source = r.source
where r.night = :night order by r.source
"""


@dataclass(frozen=True, slots=True)
class Side:
    """What one warehouse has of a night. `held`: a row a held-back row and rule (ROWS without kind); `flags`: issues by source, rule and severity that hold nothing
    back; `lists`: source, is_stopped, why; `stations`, `members`: tables station_history and station_listing as they stood after it."""

    state: str
    held: pd.DataFrame
    flags: pd.DataFrame
    lists: pd.DataFrame
    stations: pd.DataFrame
    members: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Beside:
    """One night: what was published of it (`was`) and what the rehearsal made of it (`now`), its states and open stations, and the differences in tables.

    `reason`: why it would be rejected; `churned`: what the churn gate would say, past which the rehearsal went; both Chinese or None. `is_other_rules`, `is_other_model`: it was
    published with others. `notes`: what kept lists from being rehearsed as they were.
    """

    night: str
    was: str
    now: str
    open_was: int
    open_now: int
    rows: pd.DataFrame
    flags: pd.DataFrame
    lists: pd.DataFrame
    stations: pd.DataFrame
    reason: str | None = None
    churned: str | None = None
    is_other_rules: bool = False
    is_other_model: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return self.was == self.now and self.churned is None and not any(map(len, (self.rows, self.flags, self.lists, self.stations)))

    def count(self, kind: str) -> int:
        """Rows, lists or stations of this kind of difference."""
        of_rows = self.rows.loc[self.rows["kind"] == kind, ROW].drop_duplicates()
        of_stations = self.stations.loc[self.stations["kind"] == kind, "station_id"].drop_duplicates()
        return len(of_rows) + len(of_stations) + int((self.lists["kind"] == kind).sum())


@dataclass(frozen=True, slots=True)
class Skipped:
    """A night that could not be run, and why (Chinese, a sentence a list)."""

    night: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Every night that was rehearsed. `publication`: what it is compared with; `start`: the night whose published state it began from (None: an empty register);
    `model`: the file, None for that in force; `decisions`: then or now."""

    city: str
    publication: str
    titles: Mapping[str, str]
    model: Path | None
    decisions: str
    start: str | None
    nights: tuple[Beside, ...]
    skipped: tuple[Skipped, ...]

    @property
    def is_same(self) -> bool:
        """Whether no night came out otherwise."""
        return all(each.is_same for each in self.nights)

    def over_nights(self, table: str) -> pd.DataFrame:
        """The differences of all nights in `rows`, `lists` or `stations`: each once, as it first was, with the night `first` and the number of `nights` on which it was."""
        tables: list[tuple[str, pd.DataFrame]] = [(each.night, getattr(each, table)) for each in self.nights]
        frames = [frame.assign(first=night) for night, frame in tables if len(frame)]
        if not frames:
            return tables[0][1].assign(first="", nights=0)
        every = pd.concat(frames, ignore_index=True)
        key = {"rows": ["kind", *ROW, "rule"], "lists": ["kind", "source"], "stations": ["kind", "station_id", "parts", "field"]}[table]
        every["nights"] = every.groupby(key, dropna=False, sort=False)["first"].transform("nunique")
        return every.drop_duplicates(key, ignore_index=True)


def read_side(connection: Connection, night: str) -> Side:
    """What the warehouse has of the night (ISO date). LookupError when it has none."""
    state = connection.execute(text("select state from night where night = :night"), {"night": night}).scalar()
    if state is None:
        raise LookupError(f"仓库里没有 {night} 这一夜")

    def frame(query: str) -> pd.DataFrame:
        return pd.read_sql_query(text(query), connection, params={"night": night})

    return Side(
        state=str(state),
        held=_held(standing(connection, "quarantine", night), frame(_MET)),
        flags=frame(_FLAGS),
        lists=frame(_STOPPED),
        stations=standing(connection, "station_history", night),
        members=standing(connection, "station_listing", night),
    )


def _held(quarantine: pd.DataFrame, met: pd.DataFrame) -> pd.DataFrame:
    """A row a held-back row and rule. What was met is found by the row's key; a row without one shows the rules of its first night."""
    rows = quarantine[[*ROW, "line", "rules"]].merge(met, on=["source", "row_key"], how="left")
    first = rows["rules"].str.split(";").where(rows["rule"].isna(), rows["rule"].map(lambda rule: [rule]))
    return rows.assign(rule=first).explode("rule", ignore_index=True)[[name for name in ROWS if name != "kind"]]


def beside(was: Side, now: Side, night: str) -> Beside:
    """Both sides of a night compared. Where only one of them was rejected, the register stayed as it was on that side alone: its stations are not compared."""
    is_comparable = (was.state == "rejected") == (now.state == "rejected")
    lists, flags = _lists(was.lists, now.lists), _flags(was.flags, now.flags)
    return Beside(
        night=night,
        was=was.state,
        now=now.state,
        open_was=_open(was),
        open_now=_open(now),
        rows=_rows(was.held, now.held),
        flags=flags[~flags["source"].isin(lists["source"])],  # of a list that only one side took, they only say that again
        lists=lists,
        stations=_stations(was, now) if is_comparable else _table([], STATIONS),
    )


def _open(side: Side) -> int:
    return int(side.stations["status"].eq("open").sum())


def _rows(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    found = []
    for here, there, new, besides in ((now, was, "held", "more"), (was, now, "passed", "fewer")):
        alone = ~_index(here, ROW).isin(_index(there, ROW))
        other = ~alone & ~_index(here, [*ROW, "rule"]).isin(_index(there, [*ROW, "rule"]))
        found += [here[alone].assign(kind=new), here[other].assign(kind=besides)]
    return _table(found, ROWS)


def _flags(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    both = was.merge(now, on=["source", "rule", "severity"], how="outer", suffixes=("_was", "_now")).fillna(
        {"issues_was": 0, "issues_now": 0}
    )
    both = both.assign(was=both["issues_was"].astype("int64"), now=both["issues_now"].astype("int64"))
    return _table([both[both["was"] != both["now"]]], FLAGS)


def _lists(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    stopped_was, stopped_now = (each[each["is_stopped"].astype(bool)] for each in (was, now))
    return _table(
        [
            stopped_now[~stopped_now["source"].isin(stopped_was["source"])].assign(kind="stopped"),
            stopped_was[~stopped_was["source"].isin(stopped_now["source"])].assign(kind="taken"),
        ],
        LISTS,
    )


def _stations(was: Side, now: Side) -> pd.DataFrame:
    """Merged and split go by the listings; what is left of ids that only one side has open was opened, closed, or goes by another id."""
    found = changes(was.members, now.members)
    steps = was.members.merge(now.members, on="listing_id", suffixes=("", "_now"))[["station_id", "station_id_now"]].drop_duplicates()
    moved = steps[steps["station_id"].ne(steps["station_id_now"])]
    moved = moved[~moved["station_id_now"].isin(found.merged["station_id"]) & ~moved["station_id"].isin(found.split["station_id"])]
    told = {*_joined(found.merged["parts"]), *_joined(found.split["parts"]), *moved["station_id"], *moved["station_id_now"]}
    open_was, open_now = (each.stations[each.stations["status"] == "open"] for each in (was, now))
    opened = open_now[~open_now["station_id"].isin({*open_was["station_id"], *told})]
    closed = open_was[~open_was["station_id"].isin({*open_now["station_id"], *told})]
    changed = _changed(was.stations, now.stations)
    names = pd.concat([was.stations, now.stations]).drop_duplicates("station_id").set_index("station_id")["name"]
    every = _table(
        [
            opened.assign(kind="opened"),
            closed.assign(kind="closed"),
            found.merged.assign(kind="merged"),
            found.split.assign(kind="split"),
            moved.rename(columns={"station_id_now": "parts"}).assign(kind="renumbered"),
            changed[~changed["station_id"].isin({*found.merged["station_id"], *found.split["station_id"], *told})],
        ],
        STATIONS,
    )
    known = names.fillna("").to_dict()
    part_names = ["\n".join(known.get(each, "") for each in _joined([parts])) for parts in every["parts"]]
    return every.assign(name=every["station_id"].map(known), part_names=part_names)


def _joined(parts: Iterable[object]) -> list[str]:
    return [each for joined in parts if isinstance(joined, str) for each in joined.split(";")]


def _changed(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """A row a station and field that reads otherwise, of stations whose status is the same."""
    both = was.merge(now, on=["station_id", "status"], suffixes=("_was", "_now"))
    found = []
    for name in (column for column in was.columns if column not in ("station_id", "status")):
        before, after = both[f"{name}_was"], both[f"{name}_now"]
        differs = before.ne(after).fillna(value=True).astype(bool) & ~(before.isna() & after.isna())
        found.append(
            pd.DataFrame({"station_id": both["station_id"], "was": before.astype("str"), "now": after.astype("str")})[
                differs.to_numpy()
            ].assign(field=name)
        )
    return _table(found, STATIONS).assign(kind="changed")


def _index(frame: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(frame[columns])


def _table(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """The frames one below the other with these columns; text, with NA where a frame lacks one."""
    shaped = [frame.reindex(columns=list(columns)) for frame in frames if len(frame)]
    return pd.concat(shaped, ignore_index=True) if shaped else pd.DataFrame(columns=list(columns), dtype="str")
