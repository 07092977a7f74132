"""`yizhan model`: show the dedupe model in force, train one on the register's listings, compare it, and accept it. Never part of a night."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from desk.churned import churn_warning
from desk.decided import change_lines, named
from desk.model import model_lines
from flows.house import House, open_house
from flows.judge import decisions_of, written
from flows.outlook import Published, read_published
from flows.run import RefusedError
from flows.settings import Settings
from transforms.dedupe import Model, ModelError, load_model
from transforms.dedupe.changes import Changes, changes
from transforms.dedupe.gold import warning
from transforms.dedupe.model import model_of, sealed, write_model
from transforms.dedupe.strata import AstrayError
from transforms.dedupe.train import blended, calibrated, check_gold, document_of, train
from warehouse.disk import fsync

#: Fewer open listings than this teach nothing: a tenth of the smallest sample city on which a model was ever trained and looked right.
TRAINABLE: Final = 150


def show_model(settings: Settings, say: Console) -> int:
    """The model in force."""
    house = open_house(settings)
    for line in model_lines(house.model, origin_of(house)):
        say.print(line, markup=False)
    return 0


def origin_of(house: House) -> str:
    """Why this model is the one in force, in Chinese."""
    if house.settings.model:
        return f"设置 YIZHAN_MODEL={house.settings.model}"
    log = decisions_of(house).log
    accepted = log[(log["act"] == "model") & ~log["is_undone"].astype(bool)]
    if accepted.empty:
        return "随附的模型"
    last = accepted.iloc[-1]
    return f"{last['who']}于 {str(last['decided_at'])[:10]} 接受（{last['why']}；{last['decision_id']}）"


def train_model(settings: Settings, say: Console) -> int:
    """Train a model on the open listings of the register and people's verdicts, and write it beside the ones accepted. It is not in force."""
    house = open_house(settings)
    published = read_published(house)
    document = sealed(trained(house, published))
    folder = house.model_path("").parent
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "new.json"
    write_model(document, draft)
    fsync(draft)
    path = house.model_path(str(document["fingerprint"]))
    draft.replace(path)
    fsync(folder)
    evidence = document["evidence"]
    judged = evidence["judged_same"] + evidence["judged_not"]
    say.print(f"已训练：{evidence['listings']} 条登记，{judged} 条人的判定；写在 {path}", markup=False)
    say.print(f"还没有启用。先比较：yizhan model compare {path}", markup=False)
    say.print(f"再接受：yizhan model accept {path} --who 姓名 --why 理由", markup=False)
    return 0


def trained(house: House, published: Published) -> dict[str, Any]:
    """The document of a model trained on what is in force, with the thresholds of the present one. Raises RefusedError when nothing good comes of it."""
    listings = published.listings[published.listings["is_open"]]
    if len(listings) < TRAINABLE:
        raise RefusedError(f"在册登记只有 {len(listings)} 条，少于 {TRAINABLE} 条，训练不出可靠的模型；请沿用现在的模型")
    verdicts = published.verdicts(decisions_of(house).judgements)
    try:
        learnt = train([listings], verdicts)
        own = document_of(learnt, house.model.document["thresholds"], {"trained_on": published.state.night})
        document = blended(own, load_model())
        check_gold(model_of(sealed(document)))
    except AstrayError as astray:
        raise RefusedError(f"没有写下模型：{astray}") from astray
    return calibrated(document, listings, verdicts)


def compare_model(settings: Settings, say: Console, path: Path) -> int:
    """What the register would be under another model: stations merged, split, kept."""
    house = open_house(settings)
    published = read_published(house)
    other = read_model(path)
    found = difference(house, published, other)
    same = "与现在的是同一个模型。" if other.fingerprint == house.model.fingerprint else ""
    say.print(f"{same}换用 {path}（指纹 {other.fingerprint[:12]}），名单不变的话：", markup=False)
    for line in [
        *change_lines(found, named(published.state.station, "station_id"), examples=20),
        *churn_warning(found.shaken, published.open_stations),
        *warning(other),
    ]:
        say.print(line, markup=False)
    return 0


def difference(house: House, published: Published, other: Model) -> Changes:
    """What the other model changes, with the decisions as they stand."""
    judgements = decisions_of(house).judgements
    return changes(published.next_night(judgements, house.model), published.next_night(judgements, other))


def accept_model(settings: Settings, say: Console, path: Path, *, who: str, why: str) -> int:
    """Put a model in force from the next night on: a copy of the file, then the decision."""
    if settings.model:
        raise RefusedError(f"设置 YIZHAN_MODEL={settings.model} 优先于接受的模型；请先去掉这项设置")
    house = open_house(settings)
    other = read_model(path)
    published = read_published(house)
    found = difference(house, published, other)
    _keep(house, other, path)
    number = written(house, [{"act": "model", "fingerprint": other.fingerprint, "who": who, "why": why}])[0]
    say.print(f"已接受 {path}（指纹 {other.fingerprint[:12]}），记为 {number}；下一夜起生效，马上生效请运行 yizhan nightly", markup=False)
    for line in [
        *change_lines(found, named(published.state.station, "station_id")),
        *churn_warning(found.shaken, published.open_stations),
        *warning(other),
    ]:
        say.print(line, markup=False)
    say.print(f"撤销：yizhan undo {number} --who 姓名 --why 理由", markup=False)
    return 0


def read_model(path: Path) -> Model:
    """The model in the file. Raises RefusedError when it cannot be used."""
    try:
        return load_model(path)
    except ModelError as wrong:
        raise RefusedError(str(wrong)) from wrong


def _keep(house: House, model: Model, path: Path) -> None:
    """The accepted file under its fingerprint, lasting before the decision names it."""
    kept = house.model_path(model.fingerprint)
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(f".{os.getpid()}")
    shutil.copyfile(path, draft)
    fsync(draft)
    draft.replace(kept)
    fsync(kept.parent)
