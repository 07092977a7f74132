"""What operators do, as plain functions: each checks what it was asked, writes one decision to the journal, and says what was done and how to undo it.

Nothing is written when anything is wrong. What a decision changes is seen at the next night, or at once by `flows.rebuild`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from itertools import pairwise, product
from typing import Any, Final, Literal, get_args

import pandas as pd
from sqlalchemy import text

from desk.decided import named, verdict_word
from desk.links import Selector
from expectations.listings import LISTINGS
from expectations.rows import ROWS
from expectations.run import run_suite
from flows.changed_feeds import read_bounds
from flows.house import House
from flows.judge import VERDICTS, Answer, Said, acts_of, decisions_of, overruled, refuse_contradictions, refuse_unusable, written
from flows.operators import COLUMNS, OPERATORS, known_sources, operators_source
from flows.outlook import Published, ended_decisions, latest_night, read_published, warehouse_in_force
from flows.row_decisions import contents_of
from flows.rules import every_rule
from flows.run import RefusedError, shown
from flows.selection import selected
from flows.standing import just_asked, standing, standing_verdicts
from flows.station_values import wrong_with
from sources.kit.contract import rows_again
from sources.kit.source import Source
from transforms.allowed import CORRECTION_COLUMNS, DRIFT, NEVER_ALLOWED, RELEASED_AT_MOST, Allowed, is_holding
from transforms.merge.corrections import FIXED
from transforms.records import FIELDS
from transforms.records.layout import Datum
from transforms.standardise import standardise
from warehouse.journal import Decisions

#: Days ahead for which a release or a waiver may hold: what is to hold longer is a rule of its own, and somebody should look again each year.
AHEAD_AT_MOST: Final = 366

#: Headers of a source that the latest night found missing or unknown.
_HEADERS_MET: Final = """
select value from issue where night = (select max(night) from night) and source = :source and rule in ('header_missing', 'header_unknown') and value is not null
"""

#: What a rule's sentence says was done with the value.
_DONE: Final = re.compile(r"，已[^，；。]*|；今晚的登记未发布[^。]*")

DATUMS: Final[tuple[str, ...]] = get_args(Datum)

_TITLES: Final = {(stage, field.name): field.title for field in FIELDS for stage in field.on}


_NAMES: Final = {(stage, title): name for (stage, name), title in _TITLES.items() if name not in FIXED}


@dataclass(frozen=True, slots=True)
class Signed:
    """Who decides, and why; `is_vouched`: a proxy knows who it was, else the name is as typed."""

    who: str
    why: str
    is_vouched: bool = False


def release(house: House, selector: Selector, until: date | None, signed: Signed) -> Answer:
    """Let the rows of a group pass on the latest night, or through `until`, as they read now. What cannot be taken without a value is refused."""
    night = latest_night(house)
    if selector.night != night:
        raise RefusedError(f"这张表单是 {shown(selector.night)} 那一夜的，现在最近一夜是 {night}：请从最新的夜报重新打开")
    rule = _rule(selector.rule)
    _refuse_date(until, night)
    if told := _repeated(house, {"act": "release", "selector": asdict(selector), "until": _iso(until)}):
        return told
    if selector.rule in NEVER_ALLOWED:
        raise RefusedError(f"“{rule}”不能放行：放行也成不了登记。请用“更正”补上正确的值，或退给业主改")
    rows = selected(house, selector)
    if len(rows) > RELEASED_AT_MOST:
        raise RefusedError(f"一次最多放行 {RELEASED_AT_MOST} 行，这里有 {len(rows)} 行：整条规则不适用时请用“豁免”")
    if stuck := sorted({each for rules in rows["rules"] for each in rules} & NEVER_ALLOWED):
        blocked = rows[[bool(set(rules) & NEVER_ALLOWED) for rules in rows["rules"]]]
        where = "、".join(blocked["line"].head(3))
        raise RefusedError(f"其中 {len(blocked)} 行（第 {where} 行等）还因“{_rule(stuck[0])}”扣留，放行也成不了登记：请先用“更正”补上")
    contents = contents_of(known_sources(house)[selector.source], rows["verbatim"])
    act = {
        "act": "release",
        "source": selector.source,
        "night": night,
        "until": _iso(until),
        "rows": [[row.row_key, row.row_digest, row.rules, content] for row, content in zip(rows.itertuples(), contents, strict=True)],
        "selector": asdict(selector),
    }
    number = _write(house, act, signed)
    span = f"到 {until} 为止" if until else f"只在 {night} 这一夜"
    title = _known_source(house, selector.source)
    return _answer(number, f"已放行“{title}”因“{rule}”扣留的 {len(rows)} 行，{span}；内容一变就重新检查")


def waive(house: House, scope: Literal["source", "row", "station"], key: str, rule: str, until: date, signed: Signed) -> Answer:
    """A rule (its id or title) holds nothing of a source, row (source:row_key) or station back, through `until`."""
    rule = next((each.id for each in every_rule().values() if each.title == rule.strip()), rule.strip())
    title = _rule(rule)
    act = {"act": "waive", "scope": scope, "key": key, "rule": rule, "until": _iso(until)}
    if rule in NEVER_ALLOWED:
        raise RefusedError(f"“{title}”不能豁免：没有它就成不了登记。请用“更正”")
    if every_rule()[rule].severity != "critical":
        raise RefusedError(f"“{title}”只是提醒，本来就不扣留任何行，用不着豁免")
    _refuse_date(until, latest_night(house))
    if told := _repeated(house, act):
        return told
    what = _known_key(house, scope, key)
    kept = {"content": content_of_row(house, key)} if scope == "row" else {}
    number = _write(house, {**act, **kept}, signed)
    return _answer(number, f"已豁免：到 {until} 为止，“{title}”不再扣留{what}；问题照记，注明由这一决定放过")


def correct(house: House, scope: Literal["row", "station"], key: str, field: str, value: str, signed: Signed) -> Answer:
    """A person's value in place of the owners', of a row (source:row_key) or a station; `field` by its name or its Chinese title. A value that the checks refuse
    is refused here, in their words."""
    field = _NAMES.get((scope, field.strip()), field.strip())
    act = {"act": "correct", "scope": scope, "key": key, "field": field, "value": value.strip() or None}
    if told := _repeated(house, act):
        return told
    if (scope, field) not in _TITLES or field in FIXED:
        known = "、".join(f"{name}（{title}）" for (stage, name), title in _TITLES.items() if stage == scope and name not in FIXED)
        raise RefusedError(f"没有可以更正的字段“{shown(field)}”；可用：{known}")
    title = _TITLES[scope, field]
    if scope == "station":
        what = _known_key(house, "station", key)
        wrong = wrong_with(read_published(house), key, field, value.strip(), latest_night(house), partial(issues_of, house))
        if wrong:
            raise RefusedError(f"没有采用这个值（{title}）：{sentences(wrong)}")
        before, kept = "", {}
    else:
        row = _row(house, key)
        what = f"{known_sources(house)[str(row['source'].iloc[0])].title}的行 {key.partition(':')[2]}"
        _refuse_value(house, row, field, value)
        owned = row[field].iloc[0]
        before = f"业主写的是“{owned}”；" if pd.notna(owned) else "业主没有写；"
        kept = {"content": content_of_row(house, key)}
    number = _write(house, {**act, "night": latest_night(house), **kept}, signed)
    return _answer(
        number,
        f"已更正{what}的{title}为“{value.strip()}”。{before}这个值优先于名单，直到撤销，或名单自己也这样写；以后名单再改，以名单为准",
    )


def accept(house: House, source: str, changes: Sequence[tuple[str, str]], until: date | None, signed: Signed) -> Answer:
    """A change of an owner's feed is no fault from the latest night on (through `until`): (rule, id), (header, text) or (datum, name)."""
    night = latest_night(house)
    wanted = [list(each) for each in changes]
    act = {"act": "accept", "source": source, "changes": wanted, "night": night, "until": _iso(until)}
    title = _known_source(house, source)
    _refuse_date(until, night)
    if told := _repeated(house, act):
        return told
    if not wanted:
        raise RefusedError("没有说明接受什么变更")
    for what, value in changes:
        if what == "rule" and value not in DRIFT:
            raise RefusedError(f"“{shown(value)}”不是可以接受的变更；可用：{'、'.join(f'{each}（{_rule(each)}）' for each in DRIFT)}")
        if what == "datum" and value not in DATUMS:
            raise RefusedError(f"没有坐标系“{shown(value)}”；可用：{'、'.join(DATUMS)}")
        if what == "rows" and read_bounds(value) is None:
            raise RefusedError(f"行数“{shown(value)}”不是一个范围：“行数从”和“行数到”都填整数，前者不大于后者")
        if what not in ("rule", "header", "datum", "rows") or not value.strip():
            raise RefusedError(f"不认识的变更：{shown(what)} {shown(value)}")
    _refuse_headers(house, source, [value for what, value in changes if what == "header"])
    number = _write(house, act, signed)
    spoken = {"rule": "{}", "header": "表头“{}”", "datum": "坐标系改为 {}", "rows": "行数改为 {} 行"}
    what_changed = "、".join(spoken[what].format(_rule(value) if what == "rule" else value) for what, value in changes)
    return _answer(number, f"已接受“{title}”的变更（{what_changed}），自 {night} 起{f'到 {until} 为止' if until else ''}")


def _refuse_headers(house: House, source: str, headers: Sequence[str]) -> None:
    """Refuse headers that the source neither declares nor sent on the latest night: nobody could have seen them change."""
    if not headers:
        return
    with warehouse_in_force(house) as connection:
        met = set(connection.execute(text(_HEADERS_MET), {"source": source}).scalars())
    declared = known_sources(house)[source]
    known = {*declared.declared, *declared.ignored, *met}
    if strange := [each for each in headers if each not in known]:
        raise RefusedError(
            f"名单里没有表头“{shown(strange[0])}”，最近一夜也没有收到：请照夜报里的原样写。约定的表头：{shown('、'.join(declared.declared), 300)}"
        )


def merge(house: House, station_ids: Sequence[str], signed: Signed) -> Answer:
    """Hold stations for one: their anchors are judged the same. The oldest id stays, the others redirect to it."""
    published = read_published(house)
    ids = list(dict.fromkeys(station_ids))
    if len(ids) < 2:
        raise RefusedError("合并至少要两个不同的驿站编号")
    if told := _verdicts_repeated(published, {"act": "merge", "stations": ids}):
        return told
    anchors = [_members(published, each)[0] for each in ids]
    name = named(published.state.station, "station_id")
    number = _verdicts(published, "merge", [(a, b, "same") for a, b in pairwise(anchors)], {"stations": ids}, signed)
    return _answer(number, f"已合并 {'、'.join(map(name, ids))}：最早的编号留用，其余转到它；拆开后各取回自己的编号")


def split(house: House, station_id: str, listing_ids: Sequence[str], signed: Signed) -> Answer:
    """Part some listings from the rest of their station: judged not the same as the rest, and the same as each other."""
    published = read_published(house)
    if told := _verdicts_repeated(published, {"act": "split", "station": station_id, "listings": list(dict.fromkeys(listing_ids))}):
        return told
    members = _members(published, station_id)
    part = [each for each in dict.fromkeys(listing_ids) if each in members]
    if strangers := [each for each in listing_ids if each not in members]:
        raise RefusedError(f"{shown(strangers[0])} 不在 {station_id} 里；它的登记有：{'、'.join(members)}")
    rest = [each for each in members if each not in part]
    if not part or not rest:
        raise RefusedError("拆分要拆出一部分、留下一部分：请选其中几条登记")
    verdicts = (
        [(a, b, "not") for a, b in product(part, rest)]
        + [(a, b, "same") for a, b in pairwise(part)]
        + [(a, b, "same") for a, b in pairwise(rest)]
    )
    number = _verdicts(published, "split", verdicts, {"station": station_id, "listings": part}, signed)
    return _answer(number, f"已从 {station_id} 拆出 {'、'.join(part)}；含最早登记的一边留用原编号，另一边用它自己的编号")


def judge(house: House, left_id: str, right_id: str, verdict: str, signed: Signed) -> Answer:
    """A verdict on a pair of listings of the register."""
    published, before = read_published(house), decisions_of(house)
    said = [Said(left_id, right_id, verdict, signed.who, signed.why)]
    refuse_unusable(published, said)
    for station in dict.fromkeys(published.stations[each] for each in said[0].pair if each in published.stations):
        _refuse_closed(published, station)
    left, right = said[0].pair
    same = {"act": "judge", "left_id": left, "right_id": right, "verdict": VERDICTS[verdict]}
    if told := _verdicts_repeated(published, same):
        return told
    number = written(house, acts_of(published, said), _verdict_check(published, same, said))[0]
    return _answer(number, f"已记下：{left_id} 与 {right_id} {verdict_word(verdict)}", *overruled(before, said))


def add(house: House, values: Mapping[str, str], signed: Signed) -> Answer:
    """A station that no list has, by row fields as an owner would write them; checked like any row of a list."""
    told = {name: text.strip() for name, text in values.items() if text.strip()}
    act = {"act": "add", "values": told}
    if repeated := _repeated(house, act):
        return repeated
    if unknown := sorted(set(told) - set(COLUMNS.values())):
        raise RefusedError(f"没有“{shown(unknown[0])}”这一栏")
    if not told.get("name"):
        raise RefusedError("名称：没有填写")
    if not told.get("address") and not (told.get("lng") and told.get("lat")):
        raise RefusedError("地址和坐标至少要填一样，否则找不到它")
    source = operators_source(house.city.name)
    headers = {field: header for header, field in COLUMNS.items()}
    written_down = json.dumps({headers[name]: text for name, text in {**told, "code": "new"}.items()}, ensure_ascii=False)
    issues = issues_of(house, rows_again(pd.Series([written_down], dtype="str"), source), source)
    wrong = issues[is_holding(issues) | (issues["severity"].eq("warning") & issues["field"].isin(list(told)))]
    if len(wrong):
        raise RefusedError(f"没有新增：{sentences(wrong['message'])}")
    number = _write(house, act, signed)
    return _answer(number, f"已新增“{told['name']}”，列入人工登记的名单（{OPERATORS}:{number}）；别的名单里有同一处时会合并")


def close(house: House, station_id: str, signed: Signed) -> Answer:
    """A station that is gone although lists have it: closed until the decision is undone."""
    act = {"act": "close", "station": station_id}
    if told := _repeated(house, act):
        return told
    published = read_published(house)
    _members(published, station_id)
    name = named(published.state.station, "station_id")
    number = _write(house, act, signed)
    return _answer(number, f"已停用 {name(station_id)}：名单里还有它，也不再算在册；编号照旧可查")


def refetch(house: House, source: str, signed: Signed) -> Answer:
    """A source's owner is asked once more for the latest night."""
    title, night = _known_source(house, source), latest_night(house)
    if source == OPERATORS:
        raise RefusedError(f"“{title}”没有业主可问：它就是各位的“新增”，每次重建都照决定日志重做，用不着重跑")
    act = {"act": "refetch", "source": source, "night": night}
    if told := _just_asked(house, act, signed):
        return told
    number = _asked(house, act, signed)
    return Answer(number, (f"重新取“{title}”并重建 {night}；取不到时沿用先前取到的", f"记为 {number}"))


def replay(house: House, since: date | None, signed: Signed) -> Answer:
    """The nights from `since` on are made again, with the decisions as they are."""
    night = latest_night(house)
    if since is None or since.isoformat() > night:
        raise RefusedError(f"从哪一夜起：应不晚于最近一夜 {night}")
    with warehouse_in_force(house) as connection:
        there = set(pd.read_sql_query("select cast(night as varchar) as night from night", connection)["night"])
    if since.isoformat() not in there:
        raise RefusedError(f"{since} 这一夜没有跑过；有 {min(there)} 至 {max(there)} 的各夜")
    act = {"act": "replay", "since": since.isoformat()}
    if told := _just_asked(house, act, signed):
        return told
    number = _asked(house, act, signed)
    return Answer(number, (f"从 {since} 起按今天的决定重建", f"记为 {number}"))


def _verdicts(
    published: Published, act: str, verdicts: Sequence[tuple[str, str, str]], detail: Mapping[str, object], signed: Signed
) -> str:
    """One decision that comes to several verdicts."""
    said = [Said(a, b, verdict, signed.who, signed.why) for a, b, verdict in verdicts]
    unsigned = [{name: value for name, value in each.items() if name not in ("act", "who", "why")} for each in acts_of(published, said)]
    whole = {"act": act, **detail, "judgements": unsigned, "who": signed.who.strip(), "why": signed.why.strip()}
    return written(published.house, [whole], _verdict_check(published, {"act": act, **detail}, said))[0]


def _verdicts_repeated(published: Published, act: Mapping[str, object]) -> Answer | None:
    row = standing_verdicts(published, decisions_of(published.house), act)
    return None if row is None else _already(row)


def _verdict_check(published: Published, act: Mapping[str, object], said: Sequence[Said]) -> Callable[[Decisions, Decisions], None]:
    """Under the journal's lock: nobody decided the same in between, and no verdicts stand against each other."""

    def check(known: Decisions, would_be: Decisions) -> None:
        _refuse_decided(standing_verdicts(published, known, act))
        refuse_contradictions(published, known, would_be, said)

    return check


def _members(published: Published, station_id: str) -> list[str]:
    """Open listings of a station, the one first seen first. Raises RefusedError for an id that is none, leading on from one that was merged away."""
    leads = published.state.station_redirect
    if (onward := leads.loc[leads["from_id"] == station_id, "to_id"]).any():
        raise RefusedError(f"{station_id} 已并入 {onward.iloc[0]}：请用后者")
    bridge = published.state.station_listing
    ids = set(bridge.loc[bridge["station_id"] == station_id, "listing_id"])
    if not ids:
        raise RefusedError(f"没有驿站 {shown(station_id) or '（空）'}：编号形如 yz3402-0032cf0e51")
    _refuse_closed(published, station_id)
    rows = published.listings[published.listings["listing_id"].isin(ids) & published.listings["is_open"]]
    if rows.empty:
        raise RefusedError(f"{station_id} 已停用，没有在册的登记")
    return list(rows.sort_values(["first_seen_on", "listing_id"])["listing_id"])


def _refuse_closed(published: Published, station_id: str) -> None:
    """Refuse a station that a person closed: what is done to it would not be seen."""
    log = decisions_of(published.house).log
    for row in log[log["act"].eq("close") & ~log["is_undone"].astype(bool)].to_dict("records"):
        if json.loads(row["detail"])["station"] == station_id:
            raise RefusedError(f"{station_id} 已由{row['who']}停用（{row['decision_id']}），请先撤销")


def _known_key(house: House, scope: str, key: str) -> str:
    """What the key names, for a sentence. Raises RefusedError when there is none."""
    if scope == "source":
        return f"“{_known_source(house, key)}”的行"
    if scope == "row":
        return f"{_row(house, key)['source'].iloc[0]} 的行 {key.partition(':')[2]}"
    published = read_published(house)
    _members(published, key)
    return f"驿站 {named(published.state.station, 'station_id')(key)}"


def _known_source(house: House, key: str) -> str:
    if key not in known_sources(house):
        raise RefusedError(f"没有名单 {shown(key) or '（空）'}；现有：{'、'.join(known_sources(house))}")
    return known_sources(house)[key].title


def _row(house: House, key: str) -> pd.DataFrame:
    """The row (row stage, one line) that the quarantine or the register holds under source:row_key, as its owner wrote it."""
    source, _, row_key = key.partition(":")
    return rows_again(_verbatim(house, key), known_sources(house)[source]).assign(row_key=row_key)


def content_of_row(house: House, key: str) -> dict[str, str]:
    """What a decision on the row under source:row_key keeps of it. Raises RefusedError when there is none."""
    verbatim = _verbatim(house, key)
    return contents_of(known_sources(house)[key.partition(":")[0]], verbatim)[0]


def _verbatim(house: House, key: str) -> pd.Series:
    source, _, row_key = key.partition(":")
    _known_source(house, source)
    state = read_published(house).state
    for frame in (state.quarantine, state.listing[state.listing["is_open"].astype(bool)], state.listing):
        found = frame[(frame["source"] == source) & (frame["row_key"] == row_key)]
        if len(found):
            return found["verbatim"].tail(1).reset_index(drop=True)
    raise RefusedError(f"{known_sources(house)[source].title}里没有编号为 {shown(row_key) or '（空）'} 的行")


def _refuse_value(house: House, row: pd.DataFrame, field: str, value: str) -> None:
    """Refuse a value that the cleaners or the suites would not take, with their own sentences."""
    key = f"{row['source'].iloc[0]}:{row['row_key'].iloc[0]}"
    corrections = pd.DataFrame(
        [{"decision_id": "", "key": key, "field": field, "value": value.strip() or None}], columns=list(CORRECTION_COLUMNS)
    )
    source = known_sources(house)[str(row["source"].iloc[0])]
    corrected = Allowed(corrections=corrections.astype("str")).corrected(row)
    issues = issues_of(house, corrected, source)
    if told := fault_of(issues, [field]):
        raise RefusedError(told)


def fault_of(issues: pd.DataFrame, fields: Sequence[str]) -> str:
    """What is wrong with the values of a row's fields, among the row's issues; empty when they can be taken."""
    wrong = issues[issues["field"].isin(fields) & (is_holding(issues) | issues["severity"].eq("warning"))]
    return f"没有采用这个值：{sentences(wrong['message'])}" if len(wrong) else ""


def sentences(messages: Iterable[str]) -> str:
    """What is wrong with a value that nobody has taken yet, each thing once: what was done about it was done to a copy."""
    return "；".join(dict.fromkeys(_DONE.sub("", message).rstrip("。") for message in messages)) + "。"


def issues_of(house: House, rows: pd.DataFrame, source: Source) -> pd.DataFrame:
    """What the cleaners and the suites find wrong with rows, were they to come on the latest night."""
    night, key = latest_night(house), ("source", "row_key", "line")
    listings, found = standardise(rows, source.layout, house.city, night)
    mapped = {**house.mapped, source.key: frozenset(source.columns.values())}
    told = [
        run_suite(suite, frame, key, house.city, night, mapped=mapped).issues
        for suite, frame in ((ROWS, rows), (LISTINGS, listings))
        if len(frame)
    ]
    issues = pd.concat([found, *told], ignore_index=True)
    return issues[issues["line"].notna()]


def _rule(rule: str) -> str:
    """The rule's title. Raises RefusedError for an id that is none."""
    known = every_rule()
    if rule not in known:
        raise RefusedError(f"没有规则 {shown(rule) or '（空）'}")
    return known[rule].title


def _refuse_date(until: date | None, night: str) -> None:
    if until is None:
        return
    if until.isoformat() < night:
        raise RefusedError(f"{until} 已经过去（最近一夜是 {night}）：日期应不早于它")
    if until > date.fromisoformat(night) + timedelta(days=AHEAD_AT_MOST):
        raise RefusedError(f"{until} 太远：最多一年，到时请人再看一眼")


def _repeated(house: House, act: Mapping[str, object]) -> Answer | None:
    """The answer where the same stands decided: two clicks are one."""
    row = standing(decisions_of(house), act, ended_decisions(house), latest_night(house))
    return None if row is None else _already(row)


def _already(row: Mapping[str, Any]) -> Answer:
    told = f"已由{row['who']}于 {str(row['decided_at'])[:10]} 决定（{row['why']}；{row['decision_id']}），没有再记一次"
    return Answer(str(row["decision_id"]), (told,), is_new=False)


def _refuse_decided(row: Mapping[str, Any] | None) -> None:
    if row is not None:
        raise RefusedError(f"{row['who']}刚刚做了同样的决定（{row['decision_id']}），没有再记一次")


def _write(house: House, act: Mapping[str, object], signed: Signed) -> str:
    """Written once: whoever decided the same in between is found under the journal's lock."""
    ended, night = ended_decisions(house), latest_night(house)
    return _noted(house, act, signed, lambda known, _: _refuse_decided(standing(known, act, ended, night)))


def _just_asked(house: House, act: Mapping[str, object], signed: Signed) -> Answer | None:
    row = just_asked(decisions_of(house), act, signed.who.strip(), house.moment())
    return None if row is None else _already(row)


def _asked(house: House, act: Mapping[str, object], signed: Signed) -> str:
    at, who = house.moment(), signed.who.strip()
    return _noted(house, act, signed, lambda known, _: _refuse_decided(just_asked(known, act, who, at)))


def _noted(
    house: House, act: Mapping[str, object], signed: Signed, check: Callable[[Decisions, Decisions], None] = lambda _, __: None
) -> str:
    return written(house, [{**act, **_signature(signed)}], check)[0]


def _signature(signed: Signed) -> dict[str, object]:
    """What the journal keeps of who decided."""
    return {"who": signed.who.strip(), "why": signed.why.strip(), "is_vouched": signed.is_vouched}


def _answer(number: str, *lines: str) -> Answer:
    return Answer(number, (*lines, f"记为 {number}；撤销用“撤销”，填 {number}"))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
