"""Verdicts of people: checked against the register and against each other, written to the journal, and what they will change told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from desk.churned import churn_warning
from desk.decided import change_lines, contradiction_lines, named, verdict_word
from flows.house import House, open_house
from flows.outlook import Published, read_published, verdicts_of
from flows.run import RefusedError, shown
from flows.settings import Settings
from transforms.dedupe import Model, ModelError, load_model
from transforms.dedupe.changes import changes
from transforms.dedupe.explain import levels_of
from transforms.dedupe.judgements import Pair, applied, content_of, contradictions
from warehouse.journal import Decisions, JournalError, UnsignedError, append_decisions, read_journal

#: What a verdict may be written as.
VERDICTS: Final = {
    "same": "same",
    "not": "not",
    "unsure": "unsure",
    "同一站": "same",
    "不是同一站": "not",
    "不确定": "unsure",
}

#: The columns of a file of verdicts.
COLUMNS: Final = ("left_id", "right_id", "verdict", "why", "who")

#: Acts that only record that somebody asked for a night to be made again.
_REQUESTS: Final = ("refetch", "replay")

#: Bad lines told; the rest is a count.
_LINES_TOLD: Final = 50


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict as it was given. `at`: where (a line of a file), empty for one on the command line."""

    left_id: str
    right_id: str
    verdict: str
    who: str
    why: str
    at: str = ""

    @property
    def pair(self) -> Pair:
        """The lesser id first."""
        return (min(self.left_id, self.right_id), max(self.left_id, self.right_id))


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done (Chinese sentences) and under which number. `is_new`: False when the same was decided before, and nothing was written."""

    decision_id: str
    lines: tuple[str, ...]
    is_new: bool = True


def judge(settings: Settings, say: Console, words: Sequence[str], *, who: str | None, why: str | None, closed: bool = False) -> int:
    """Take one verdict (`words`: two listing ids and same, not or unsure) or a file of them (`words`: its path)."""
    if len(words) == 3:
        said = [Said(words[0], words[1], words[2], who or "", why or "")]
    elif len(words) == 1:
        said = read_verdicts(Path(words[0]), who or "", why or "")
    else:
        raise RefusedError("用法：yizhan judge 登记A 登记B same|not|unsure --why 理由 --who 姓名；或 yizhan judge 文件.csv")
    house = open_house(settings)
    published = read_published(house)
    refuse_unusable(published, said, closed=closed)
    before = decisions_of(house)
    ids = written(house, acts_of(published, said), lambda known, would_be: refuse_contradictions(published, known, would_be, said))
    told = f"已记下判定 {ids[0]}" if len(ids) == 1 else f"已记下 {len(ids)} 条判定（{ids[0]} 至 {ids[-1]}）"
    say.print(told, markup=False)
    for line in overruled(before, said):
        say.print(line, markup=False)
    tell_effect(house, published, before, say)
    each = "" if len(ids) == 1 else f"（逐条撤销，{ids[0]} 至 {ids[-1]}）"
    say.print(f"撤销：yizhan undo {ids[-1]} --who 姓名 --why 理由{each}", markup=False)
    return 0


def overruled(before: Decisions, said: Sequence[Said]) -> list[str]:
    """A line a pair that was judged before: of two verdicts on one pair the later stands."""
    known = {(row["left_id"], row["right_id"]): row for row in before.judgements.to_dict("records")}
    lines = []
    for each in said:
        if row := known.get(each.pair):
            how = "与它相同" if row["verdict"] == VERDICTS[each.verdict] else f"取代它的“{verdict_word(str(row['verdict']))}”"
            lines.append(
                f"{each.pair[0]} 与 {each.pair[1]} 先前由{row['who']}于 {str(row['decided_at'])[:10]} 判过（{row['decision_id']}），本次{how}"
            )
    return lines


def undo(settings: Settings, say: Console, decision_id: str, *, who: str, why: str) -> int:
    """Take a decision back. What was undone can be had again by undoing the undo."""
    house = open_house(settings, with_model=False)  # what is taken back may be the model that cannot be read
    published = read_published(house)
    before = decisions_of(house)
    answer = take_back(published, decision_id, who, why)
    say.print(answer.lines[0], markup=False)
    tell_effect(house, published, before, say)
    say.print(f"反悔：yizhan undo {answer.decision_id} --who 姓名 --why 理由", markup=False)
    return 0


def take_back(published: Published, decision_id: str, who: str, why: str) -> Answer:
    """A decision undone, as a decision of its own. Raises RefusedError for one that is none, was undone, or leaves verdicts against each other."""
    house = published.house

    def check(known: Decisions, would_be: Decisions) -> None:
        found = known.log[known.log["decision_id"] == decision_id]
        if found.empty:
            raise RefusedError(f"没有编号为 {shown(decision_id)} 的决定")
        if found["act"].iloc[0] == "erase":
            raise RefusedError(f"{decision_id} 是删去个人信息：删去的东西没有留底，不能撤销")
        if found["act"].iloc[0] in _REQUESTS:
            raise RefusedError(f"{decision_id} 只是记录，没有可撤销的：它没有改变任何决定")
        if bool(found["is_undone"].iloc[0]):
            raise RefusedError(f"{decision_id} 已经撤销过了")
        if found["act"].iloc[0] == "add" and (resting := _resting_on(known, f"operators:{decision_id}")):
            raise RefusedError(f"还有决定说的是它新增的驿站：{'、'.join(resting)}；请先撤销这些")
        refuse_contradictions(published, known, would_be, [])  # what stood before it may stand again

    number = written(house, [{"act": "undo", "undoes": decision_id, "who": who, "why": why}], check)[0]
    log = decisions_of(house).log
    row = log[log["decision_id"] == decision_id].iloc[0]
    told = f"已撤销 {decision_id}（{row['who']}：{row['why']}），记为 {number}"
    was_over = [f"{decision_id} 先前已由来源跟上而结束，撤销它不改变名册"] if decision_id in published.state.ended else []
    return Answer(number, (told, *was_over, f"反悔就撤销 {number}"))


def _resting_on(known: Decisions, listing_id: str) -> list[str]:
    """Standing decisions that name the listing."""
    log = known.log[~known.log["is_undone"].astype(bool)]
    return log.loc[log["detail"].str.contains(json.dumps(listing_id), regex=False), "decision_id"].tolist()


def decisions_of(house: House) -> Decisions:
    """The decisions as they stand. Raises RefusedError when the journal cannot be read."""
    try:
        return read_journal(house.journal)
    except JournalError as broken:
        raise RefusedError(str(broken)) from broken
    except OSError as wrong:
        raise RefusedError(f"决定日志 {house.journal} 读不出来（{wrong.strerror or wrong}），没有做。请报运维，修好后再交一次") from wrong


def model_of(house: House, decisions: Decisions) -> Model:
    """The model that these decisions put in force. Raises ModelError."""
    return load_model(house.settings.model) if house.settings.model else house.accepted(decisions.model)


def read_verdicts(path: Path, who: str, why: str) -> list[Said]:
    """The verdicts in a CSV file with the columns left_id, right_id, verdict, why, who; `who` and `why` stand in where a cell is empty."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as wrong:
        raise RefusedError(f"{path}：读不出来（{wrong.strerror}）") from wrong
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    headers = [str(each).strip() for each in reader.fieldnames or []]
    if missing := [name for name in COLUMNS[:3] if name not in headers]:
        raise RefusedError(f"{path}：缺少 {'、'.join(missing)} 列；应有 {'、'.join(COLUMNS)}，现有 {'、'.join(headers) or '（空文件）'}")
    reader.fieldnames = headers
    said = []
    for row in reader:
        cells = {name: str(row.get(name) or "").strip() for name in COLUMNS}
        if any(cells.values()):
            at = f"第 {reader.line_num} 行："
            said.append(Said(cells["left_id"], cells["right_id"], cells["verdict"], cells["who"] or who, cells["why"] or why, at))
    if not said:
        raise RefusedError(f"{path}：没有一条判定")
    return said


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark; what is not, is how Excel saves CSV in Chinese."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def refuse_unusable(published: Published, said: Sequence[Said], *, closed: bool = False) -> None:
    """Refuse all of them when one cannot be used, with what is wrong with each."""
    wrong = [f"{each.at}{fault}" for each in said for fault in _faults(published, each, closed=closed)]
    first: dict[Pair, Said] = {}
    for each in said:
        earlier = first.setdefault(each.pair, each)
        if earlier is not each:
            how = "重复" if VERDICTS.get(earlier.verdict) == VERDICTS.get(each.verdict) else "矛盾"
            wrong.append(f"{each.at}与{earlier.at.rstrip('：')}是同一对，判定{how}（{earlier.verdict}、{each.verdict}）")
    if wrong:
        more = [f"…… 另有 {len(wrong) - _LINES_TOLD} 处"] if len(wrong) > _LINES_TOLD else []
        whole = ["一条也没有记下，改好后再交一次："] if len(said) > 1 else []
        raise RefusedError("\n".join([*whole, *wrong[:_LINES_TOLD], *more]))


def _faults(published: Published, said: Said, *, closed: bool) -> list[str]:
    faults = [
        told for name, told in (("who", "没有写明是谁判的（who）"), ("why", "没有写明为什么（why）")) if not getattr(said, name).strip()
    ]
    if said.verdict not in VERDICTS:
        faults.append(f"判定“{shown(said.verdict)}”不认识：应为 same（同一站）、not（不是）或 unsure（不确定）")
    if said.left_id == said.right_id:
        faults.append(f"{shown(said.left_id)}：两边是同一条登记")
    return [*faults, *(fault for each in dict.fromkeys((said.left_id, said.right_id)) if (fault := _gone(published, each, closed=closed)))]


def _gone(published: Published, listing_id: str, *, closed: bool) -> str | None:
    row = published.listing(listing_id)
    if row is None:
        return f"没有登记 {shown(listing_id) or '（空）'}：登记编号形如 union:123，可从 yizhan station 或 pair 表查到"
    if closed or bool(row["is_open"]):
        return None
    alike = published.listings
    alike = alike[alike["is_open"] & (alike["source"] == row["source"]) & (alike["name"] == row["name"])]["listing_id"].tolist()
    hint = f"；同名的在册登记：{'、'.join(alike)}" if alike else ""
    return f"登记 {listing_id}（{row['name']}）已于 {row['closed_on']} 停用{hint}；确要判定停用的登记，加 --closed"


def acts_of(
    published: Published, said: Sequence[Said], seen: Mapping[Pair, tuple[int, Mapping[str, str]]] | None = None
) -> list[dict[str, object]]:
    """What the journal keeps of each verdict: the pair, what both sides read, and the evidence as it was: `seen` (weight and levels of each), else as it is now."""
    if seen is None:
        seen = levels_of(published.listings, [each.pair for each in said], published.house.model)
    contents = {side: content_of(published.listings.iloc[published.place[side]].to_dict()) for each in said for side in each.pair}
    return [
        {
            "act": "judge",
            "left_id": each.pair[0],
            "right_id": each.pair[1],
            "verdict": VERDICTS[each.verdict],
            "who": each.who.strip(),
            "why": each.why.strip(),
            "left": contents[each.pair[0]],
            "right": contents[each.pair[1]],
            "seen": {"weight_mb": seen[each.pair][0], "levels": seen[each.pair][1], "model": published.house.model.fingerprint},
        }
        for each in said
    ]


def refuse_contradictions(published: Published, known: Decisions, would_be: Decisions, said: Sequence[Said]) -> None:
    """Refuse what would make verdicts stand that cannot all be true and did not before. Of two verdicts on one pair the later stands."""
    standing = applied(would_be.judgements, published.known)
    chains = set(contradictions(verdicts_of(standing))) - set(contradictions(published.verdicts(known.judgements)))
    if not chains:
        return
    new = would_be.log.loc[~would_be.log["decision_id"].isin(known.log["decision_id"]), "decision_id"]
    told = {number: f"本次{each.at.rstrip('：')}" for number, each in zip(new, said, strict=False)}
    whose = {
        (row["left_id"], row["right_id"]): told.get(
            row["decision_id"], f"{row['who']}，{str(row['decided_at'])[:10]}，编号 {row['decision_id']}"
        )
        for row in standing.to_dict("records")
    }
    name = named(published.listings, "listing_id")
    lines = [line for chain in sorted(chains) for line in ("判定互相矛盾：", *contradiction_lines(chain, name, whose))]
    raise RefusedError("\n".join([*lines, "一条也没有记下。请核实哪一条不对：已有的用 yizhan undo 编号 撤销，本次的改好再交"]))


def written(
    house: House, acts: Sequence[Mapping[str, object]], check: Callable[[Decisions, Decisions], None] = lambda _, __: None
) -> list[str]:
    """Ids of the decisions, written to the journal. Raises RefusedError when they may not be."""
    try:
        return append_decisions(house.journal, acts, at=house.moment(), check=check)
    except (JournalError, UnsignedError) as refused:
        raise RefusedError(str(refused)) from refused
    except OSError as wrong:  # a full disk, or one that may only be read
        raise RefusedError(f"决定写不进去（{house.journal}：{wrong.strerror or wrong}），没有做。请报运维，修好后再交一次") from wrong


def tell_effect(house: House, published: Published, before: Decisions, say: Console) -> None:
    """Say what the decisions made since `before` will change at the next night."""
    after = decisions_of(house)
    try:
        models = (model_of(house, before), model_of(house, after))
    except ModelError as wrong:
        say.print(f"下一夜起生效；会改变什么说不准：{wrong}", markup=False)
        return
    nights = [published.next_night(known.judgements, model) for known, model in zip((before, after), models, strict=True)]
    name = named(published.state.station, "station_id")
    say.print("下一夜起生效；马上生效请运行 yizhan nightly。名单不变的话：", markup=False)
    found = changes(*nights)
    for line in [*change_lines(found, name), *churn_warning(found.shaken, published.open_stations)]:
        say.print(line, markup=False)
    for row in after.log[~after.log["decision_id"].isin(set(before.log["decision_id"]))].to_dict("records"):
        detail = json.loads(row["detail"])
        if row["act"] == "judge" and len(after.log) - len(before.log) == 1:
            stations = dict(zip(nights[1]["listing_id"], nights[1]["station_id"], strict=True))
            left, right = (stations[detail[side]] for side in ("left_id", "right_id"))
            where = f"同在 {left}" if left == right else f"分在 {left} 和 {right}"
            say.print(f"判为{verdict_word(detail['verdict'])}：两条登记{where}", markup=False)
