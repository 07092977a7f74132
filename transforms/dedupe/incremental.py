"""What `engine.match` finds, by way of what was found before: only what a change touches is read, met, compared, weighed and clustered again.

A `State` holds a register and what was found of it. It may be that of any night: what changed since is seen by comparing the listings themselves,
so that an old state, a rejected night's or another night's costs time and is never wrong. Only another model or other code makes it useless, and
that is what its fingerprint says.

What a pair hangs on besides its own two listings, and how each is followed:

- the cap of a block: counted before and now; the pairs of a block that came under its cap or over it are met anew by that key (`candidates.renewed`);
- a phone or a credit code that too many give, to whoever gives it, and how many are called the same: counted anew over all listings
  (`features.shared_of`); whose share differs for it is taken for changed. Whatever else will be counted of a listing's block belongs there;
- the width of character sets (`features.in_latin`) and more plaques or facilities than there are bits (`features.names_in`): all is done again;
- the longest datum vector (`Features.shift_reach`), which plaques or facilities are named at all (`told`), and how wide the phones stand: these only
  spare work, and no pair's level is another for it; nor is it for the numbering of codes, or the order of the sources;
- a list of which each line is a station of its own: when its listings stood on it is compared like what is read of them (`_STOOD`);
- a component: its clusters are made anew where a link, a listing or a verdict in it changed.
"""

from __future__ import annotations

import os
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.dedupe.candidates import GRID_ONLY, Renewed, candidates, pairs_by, renewed, report
from transforms.dedupe.cluster import Constraints, Distinct, Weigh, cluster, connected
from transforms.dedupe.coded import Coded, Ints, Marks, column_of
from transforms.dedupe.compare import compare
from transforms.dedupe.engine import Matched, distinct_lists, exclusive, judged_pairs, packed_patterns, told_clusters, told_cuts, told_pairs
from transforms.dedupe.features import (
    TEXTS,
    Features,
    Read,
    Words,
    counted_on,
    features_of,
    in_latin,
    in_order,
    names_in,
    number_of,
    ramps,
    read,
    rejoined,
    shared_after,
    shared_of,
    words_of,
)
from transforms.dedupe.geometry import distances
from transforms.dedupe.judgements import Judged, judged
from transforms.dedupe.levels import NEAR_M
from transforms.dedupe.model import Model
from transforms.dedupe.score import weigher

_NO_CUTS: Final = pd.DataFrame(columns=["members", "first", "raised_to_mb", "links_cut"], dtype="int64")

#: Pairs of before that are looked at at a time: bounds memory, changes nothing.
_AT_ONCE: Final = 1 << 18

#: From this share of listings changed on everything is done again, which then takes no longer.
_MOST: Final = 0.2

#: Values that no listing has any more are carried along until there are this many times as many values as when all was last read.
_STALE: Final = 2

_PLACE: Final = ("lng_wgs84", "lat_wgs84")
#: When a listing stood on its list: of what cannot be one station with another line.
_STOOD: Final = ("first_seen_on", "gone_on")
_SETS: Final = ("plaques", "facilities")
_SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidates in order (left < right), with the keys that met them and their weights. `patterns`: packed levels of those that are stored."""

    left: Ints
    right: Ints
    keys: Ints
    weights: Ints
    patterns: Ints


@dataclass(frozen=True, slots=True)
class Clusters:
    """Labels and cuts as `cluster` gives them, with positions."""

    labels: Ints
    cuts: pd.DataFrame


@dataclass(frozen=True, slots=True)
class State:
    """A register and what was found of it. `rows`: what is read of each listing, as written. `values`: how many there were when all was last read.

    `verdicts`: left_id, right_id and verdict of every judged pair that held.
    """

    fingerprint: str
    rows: pa.Table
    own: Read
    words: tuple[Words, Words]
    values: int
    pairs: Pairs
    clusters: Clusters
    verdicts: pd.DataFrame


def state_fingerprint(code: str, model: Model, distinct: AbstractSet[str] = frozenset()) -> str:
    """What a state is of, besides the listings and judgements."""
    return " ".join((code, model.fingerprint, *sorted(distinct)))


def match_again(
    listings: pd.DataFrame,
    model: Model,
    judgements: pd.DataFrame,
    before: State | None,
    code: str,
    distinct: AbstractSet[str] = frozenset(),
) -> tuple[Matched, State]:
    """As `match`, and the state from which another night may go on. `code`: a fingerprint of the code and words that this hangs on."""
    fingerprint = state_fingerprint(code, model, distinct)
    rows, order = _rows(listings, distinct)
    change = _change(before, rows) if before is not None and before.fingerprint == fingerprint else None
    if change is not None and before is not None:
        return _again(listings if order is None else listings.iloc[order], rows, model, judgements, before, change, distinct)
    return _whole(listings, rows, model, judgements, fingerprint, distinct)


def _rows(listings: pd.DataFrame, distinct: AbstractSet[str]) -> tuple[pa.Table, Ints | None]:
    """What is read of each listing, as written, in listing_id order, and the row that each came from; of a list of `distinct` lines also when it stood there."""
    ids, order = in_order(listings["listing_id"])
    if distinct:
        is_distinct = listings["source"].isin(distinct)
        listings = listings.assign(**{name: listings[name].astype("str").where(is_distinct) for name in _STOOD if name in listings.columns})
    there = [name for name in (*TEXTS, *(_STOOD if distinct else ())) if name in listings.columns]

    def column(name: str) -> pa.Array:
        texts = column_of(listings[name])
        return texts if order is None else texts.take(pa.array(order))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        columns = dict(zip(there, pool.map(column, there), strict=True))
    columns |= {name: pa.array(number_of(listings, name, order)) for name in _PLACE}
    return pa.table({"listing_id": ids, **columns}), order


@dataclass(frozen=True, slots=True)
class _Change:
    """`came_from`: the row before of each listing, −1 of a new one; `differs`: which of the others read otherwise."""

    came_from: Ints
    differs: Marks


def _change(before: State, rows: pa.Table) -> _Change | None:
    """What changed since; None where it is so much that all is done again."""
    ids, known = rows["listing_id"].chunk(0), before.own.ids
    if ids.equals(known):
        came_from = np.arange(len(ids), dtype=np.int32)
    else:
        came_from = pc.index_in(ids, value_set=known).fill_null(-1).to_numpy().astype(np.int32)
    stayed = np.flatnonzero(came_from >= 0)
    lost, new = len(known) - len(stayed), len(ids) - len(stayed)
    if lost + new > _MOST * len(ids):
        return None
    here, there = (None, None) if not lost and not new else (_runs(stayed), _runs(came_from[stayed]))

    def differs(name: str) -> Marks:
        one, other = (
            pa.nulls(len(stayed), pa.large_string()) if name not in table.column_names else _taken(table[name], at)
            for table, at in ((rows, here), (before.rows, there))
        )
        if name in _PLACE:
            a, b = one.to_numpy(), other.to_numpy()
            return np.asarray((a != b) & ~(np.isnan(a) & np.isnan(b)))
        alike = pc.coalesce(pc.equal(one, other), pc.and_(one.is_null(), other.is_null()))
        return np.asarray(~alike.to_numpy(zero_copy_only=False))

    names = [name for name in (*_PLACE, *TEXTS, *_STOOD) if name in rows.column_names or name in before.rows.column_names]
    found = np.zeros(len(ids), dtype=np.bool_)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found[stayed] = np.logical_or.reduce(list(pool.map(differs, names)))
    return None if lost + new + np.count_nonzero(found) > _MOST * len(ids) else _Change(came_from, found)


def _runs(rows: Ints) -> list[tuple[int, int]]:
    """Rows in order as runs without a gap: where each begins, and its length. Of two nights in order most runs are long, and copied as they lie."""
    breaks = np.append(0, np.flatnonzero(np.diff(rows) != 1) + 1) if len(rows) else np.zeros(0, dtype=np.int64)
    return list(zip(rows[breaks].tolist(), np.diff(np.append(breaks, len(rows))).tolist(), strict=True))


def _taken(column: pa.ChunkedArray, runs: list[tuple[int, int]] | None) -> pa.Array:
    whole = column.chunk(0)
    return whole if runs is None else pa.concat_arrays([whole[:0], *(whole.slice(first, length) for first, length in runs)])


@dataclass(frozen=True, slots=True)
class _Register:
    """A register as it was read, ready to be compared. Behind its listings `known` may hold others, which `own` does not."""

    rows: pa.Table
    own: Read
    words: tuple[Words, Words]
    values: int
    known: Features

    def __len__(self) -> int:
        return len(self.own)


def _whole(
    listings: pd.DataFrame, rows: pa.Table, model: Model, judgements: pd.DataFrame, code: str, distinct: AbstractSet[str]
) -> tuple[Matched, State]:
    """Everything."""
    own = read(listings)
    words = words_of(own)
    register = _Register(rows, own, words, _values(own), features_of(own, words))
    weigh = weigher(register.known, model)
    met = candidates(register.known)
    weights = weigh(met.left, met.right).astype(np.int32)
    stored = np.flatnonzero(weights >= model.thresholds["store"])
    patterns = packed_patterns(compare(register.known, met.left[stored], met.right[stored]))
    pairs = Pairs(met.left, met.right, met.keys, weights, patterns)
    again = np.ones(len(own), dtype=np.bool_)
    verdicts = judged(register.known, judgements)
    labels = np.arange(len(own), dtype=np.int64)
    apart = distinct_lists(register.known, listings, distinct)
    return _told(register, pairs, met.blocks, verdicts, model, Clusters(labels, _NO_CUTS), again, code, apart)


def _again(
    listings: pd.DataFrame,
    rows: pa.Table,
    model: Model,
    judgements: pd.DataFrame,
    before: State,
    change: _Change,
    distinct: AbstractSet[str],
) -> tuple[Matched, State]:
    """What `change` touches."""
    count = len(rows)
    fresh = (change.came_from < 0) | change.differs
    more = read(listings[[name for name in ("listing_id", *_PLACE, *TEXTS) if name in listings.columns]].iloc[np.flatnonzero(fresh)])
    more = counted_on(before.own, more)
    at = change.came_from.copy()
    at[fresh] = len(before.own) + np.arange(len(more), dtype=np.int32)
    shared, was = shared_after(before.own, more, at), shared_of(before.own)
    stayed = np.flatnonzero(~fresh)
    touched = fresh.copy()
    touched[stayed] = shared.take(stayed).differs(was.take(change.came_from[stayed]))
    now_at = np.full(len(before.own), -1, dtype=np.int32)
    now_at[change.came_from[~touched]] = np.flatnonzero(~touched)
    gone = np.flatnonzero(now_at < 0)
    both = rejoined(before.own, more, np.append(at, gone))
    own = both.first(count)
    if in_latin(own) != in_latin(before.own) or names_in(own) != names_in(before.own) or _values(own) > _STALE * before.values:
        return _whole(listings, rows, model, judgements, before.fingerprint, distinct)
    words = words_of(both, before.words)
    with_gone = features_of(_unnamed(both, count), words, shared.before(was.take(gone)))
    register = _Register(rows, own, words, before.values, replace(with_gone, ids=with_gone.ids[:count]))
    behind = np.arange(len(both)) >= count
    marked = np.append(touched, np.zeros(len(gone), dtype=np.bool_))
    met = renewed(with_gone, ((~behind).astype(np.int8), (~marked).astype(np.int8)), marked)
    pairs, linked = _merged(before.pairs, met, now_at, register.known, model)
    verdicts = judged(register.known, judgements)
    again = touched.copy()
    again[linked] = True
    again[_spoken_of(own, before.verdicts, _verdicts(own, verdicts))] = True
    labels = np.arange(count, dtype=np.int64)
    kept = np.flatnonzero(~again)
    labels[kept] = now_at[before.clusters.labels[change.came_from[kept]]]
    cuts = before.clusters.cuts.assign(first=now_at[before.clusters.cuts["first"].to_numpy(np.int64)].astype(np.int64))
    blocks = report(met.sizes, pairs_by(pairs.keys))
    clusters, apart = Clusters(labels, cuts[cuts["first"] >= 0]), distinct_lists(register.known, listings, distinct)
    return _told(register, pairs, blocks, verdicts, model, clusters, again, before.fingerprint, apart)


def _unnamed(both: Read, count: int) -> Read:
    """`both`, of which those from `count` on, which are compared with none, name no plaques and facilities."""
    named = {name: Coded(np.where(np.arange(len(both)) < count, both.text[name].code, -1), both.text[name].values) for name in _SETS}
    return replace(both, text={**both.text, **named})


def _values(own: Read) -> int:
    """How many values the codes of the listings stand for."""
    return sum(len(column.values) for column in own.text.values()) + len(own.phones.values) + len(own.contacts.values)


def _merged(before: Pairs, met: Renewed, now_at: Ints, known: Features, model: Model) -> tuple[Pairs, Ints]:
    """The pairs of now, and the listings at which a link came or went."""
    # torn between two lefts, so that a part of what was has its part of what was met anew
    rows = np.unique(np.append(0, before.left[_AT_ONCE::_AT_ONCE]))
    stayed = np.flatnonzero(now_at >= 0)
    firsts = np.append(now_at[stayed], len(known))[np.searchsorted(stayed, rows)]
    firsts[0] = 0
    weigh, stored = weigher(known, model), np.flatnonzero(before.weights >= model.thresholds["store"])
    starts = np.append(np.searchsorted(before.left, rows.astype(before.left.dtype)), len(before.left))
    asked = np.append(np.searchsorted(met.left, firsts.astype(met.left.dtype)), len(met.left))
    held = np.searchsorted(stored, starts)

    def part(at: int) -> tuple[Pairs, Ints]:
        was, anew = slice(starts[at], starts[at + 1]), slice(asked[at], asked[at + 1])
        pairs = Pairs(before.left[was], before.right[was], before.keys[was], before.weights[was], before.patterns[held[at] : held[at + 1]])
        return _merged_part(
            pairs, replace(met, left=met.left[anew], right=met.right[anew], keys=met.keys[anew]), now_at, known, weigh, model
        )

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(part, range(len(rows))))
        names = [field.name for field in fields(Pairs)]
        columns = pool.map(lambda name: np.concatenate([getattr(each, name) for each, _ in parts]), names)
        pairs = Pairs(**dict(zip(names, columns, strict=True)))
    return pairs, np.concatenate([ends for _, ends in parts])


def _merged_part(before: Pairs, met: Renewed, now_at: Ints, known: Features, weigh: Weigh, model: Model) -> tuple[Pairs, Ints]:
    link, store = model.thresholds["link"], model.thresholds["store"]
    left, right = now_at[before.left], now_at[before.right]
    both = (left >= 0) & (right >= 0)
    lost = np.flatnonzero(~both & (before.weights >= link))
    ends = [left[lost], right[lost]]
    left, right, weights = left[both], right[both], before.weights[both]
    patterns = before.patterns[both[before.weights >= store]]
    were = before.keys[both]
    keys = were & ~met.of(left, right)
    codes, asked = _codes(left, right), _codes(met.left, met.right)
    spots = np.searchsorted(codes, asked)
    again = np.append(codes, -1)[spots] == asked
    keys[spots[again]] |= met.keys[again]
    # cells side by side meet what another key meets; what no other key meets any more they meet only where it is near
    alone = np.flatnonzero((keys == GRID_ONLY) & (were != keys))
    keys[alone[~(distances(known, left[alone], right[alone]) <= NEAR_M)]] = 0
    there = keys != 0
    vanished = np.flatnonzero(~there)
    if len(vanished):
        ends += [side[vanished[weights[vanished] >= link]] for side in (left, right)]
        patterns = patterns[there[weights >= store]]
        left, right, keys, weights = left[there], right[there], keys[there], weights[there]
    met.put_grid(left, right, keys)
    new, spots = np.flatnonzero(~again), spots[~again] - np.searchsorted(vanished, spots[~again])
    more = (met.left[new], met.right[new], met.keys[new], weigh(met.left[new], met.right[new]).astype(np.int32))
    linked, stored = more[3] >= link, more[3] >= store
    ends += [side[linked] for side in more[:2]]
    behind = np.append(0, np.cumsum(weights >= store))[spots[stored]]
    patterns = np.insert(patterns, behind, packed_patterns(compare(known, more[0][stored], more[1][stored])))
    left, right, keys, weights = (np.insert(column, spots, found) for column, found in zip((left, right, keys, weights), more, strict=True))
    touched = np.concatenate(ends)
    return Pairs(left, right, keys, weights, patterns), touched[touched >= 0]


def _codes(left: Ints, right: Ints) -> Ints:
    return left.astype(np.int64) << 32 | right


def _told(
    register: _Register,
    pairs: Pairs,
    blocks: pd.DataFrame,
    verdicts: Judged,
    model: Model,
    before: Clusters,
    again: Marks,
    fingerprint: str,
    distinct: Distinct | None,
) -> tuple[Matched, State]:
    """What was found, of the clusters those `before` but where a listing of theirs is to be clustered `again`."""
    known, ids = register.known, register.own.ids
    weigh = weigher(known, model)
    asked = judged_pairs(verdicts)
    spot = _spots(pairs, asked)
    unmet = asked[spot < 0]
    aside = weigh(unmet[:, 0], unmet[:, 1])
    strong = np.flatnonzero(pairs.weights >= model.thresholds["link"])
    edges = tuple(np.append(side[strong], unmet[:, at]) for at, side in enumerate((pairs.left, pairs.right)))
    weights = np.append(pairs.weights[strong].astype(np.int64), aside)
    clusters = _clustered(known, edges, weights, weigh, verdicts, model, before, again, distinct)
    stored = pairs.weights >= model.thresholds["store"]
    quiet = spot[(spot >= 0)]
    quiet = quiet[~stored[quiet]]
    rows = np.flatnonzero(stored)
    more = tuple(np.append(side[quiet], unmet[:, at]) for at, side in enumerate((pairs.left, pairs.right)))
    inside = np.argsort(_codes(*more))
    more = more[0][inside], more[1][inside]
    where = np.searchsorted(_codes(pairs.left[rows], pairs.right[rows]), _codes(*more))
    is_judged = np.zeros(len(pairs.left), dtype=np.bool_)
    is_judged[spot[spot >= 0]] = True
    told = told_pairs(
        ids,
        (np.insert(pairs.left[rows], where, more[0]), np.insert(pairs.right[rows], where, more[1])),
        np.insert(pairs.keys[rows], where, np.append(pairs.keys[quiet], np.zeros(len(unmet), dtype=np.int32))[inside]),
        np.insert(pairs.weights[rows].astype(np.int64), where, np.append(pairs.weights[quiet], aside)[inside]),
        np.insert(pairs.patterns, where, packed_patterns(compare(known, *more))),
        np.insert(is_judged[rows], where, True),
        model,
        distinct,
    )
    matched = Matched(told, told_clusters(ids, clusters.labels), blocks, told_cuts(ids, clusters.cuts), verdicts.contradictions)
    state = State(
        fingerprint, register.rows, register.own, register.words, register.values, pairs, clusters, _verdicts(register.own, verdicts)
    )
    return matched, state


def _spots(pairs: Pairs, asked: Ints) -> Ints:
    """Where each of the pairs asked for (a line each) stands, −1 for one that is not there."""
    firsts, ends = (np.searchsorted(pairs.left, asked[:, 0].astype(pairs.left.dtype), side=side) for side in _SIDES)
    rows, whose = ramps(firsts, ends - firsts), np.repeat(np.arange(len(asked)), ends - firsts)
    hit = pairs.right[rows] == asked[whose, 1]
    spots = np.full(len(asked), -1, dtype=np.int64)
    spots[whose[hit]] = rows[hit]
    return spots


def _clustered(
    known: Features,
    edges: tuple[Ints, ...],
    weights: Ints,
    weigh: Weigh,
    verdicts: Judged,
    model: Model,
    before: Clusters,
    again: Marks,
    distinct: Distinct | None,
) -> Clusters:
    """The clusters of every component with a listing that is to be clustered `again`, and those `before` of all others."""
    link, same = model.thresholds["link"], model.thresholds["same"]
    together = np.array(verdicts.together, dtype=np.int64).reshape(-1, 2)
    linked = weights >= link
    nodes, component = connected(len(again), *(np.append(side[linked], together[:, at]) for at, side in enumerate(edges)))
    touched = np.zeros(int(component.max(initial=-1)) + 1, dtype=np.bool_)
    touched[component[again[nodes]]] = True
    anew = again.copy()
    anew[nodes[touched[component]]] = True
    inside = anew[edges[0]]
    constraints = Constraints(exclusive(known), verdicts.apart, tuple(pair for pair in verdicts.together if anew[pair[0]]), distinct)
    found = cluster(len(again), edges[0][inside], edges[1][inside], weights[inside], link, same, weigh, constraints)
    kept = before.cuts[~anew[before.cuts["first"].to_numpy(np.int64)]]
    cuts = pd.concat([kept, found.cuts]) if len(kept) else found.cuts
    return Clusters(
        np.where(anew, found.labels, before.labels),
        cuts.sort_values(list(cuts.columns), ignore_index=True),
    )


def _verdicts(own: Read, verdicts: Judged) -> pd.DataFrame:
    """The judged pairs that hold, by id."""
    told = [*((a, b, "same") for a, b in verdicts.together), *((a, b, "not") for a, b in sorted(verdicts.apart))]
    sides = [own.ids.take(pa.array([pair[at] for pair in told], type=pa.int64())).to_pylist() for at in (0, 1)]
    return pd.DataFrame({"left_id": sides[0], "right_id": sides[1], "verdict": [verdict for _, _, verdict in told]}, dtype="str")


def _spoken_of(own: Read, before: pd.DataFrame, now: pd.DataFrame) -> Ints:
    """Listings of which people say something else than they did."""
    said, says = ({*frame.itertuples(index=False, name=None)} for frame in (before, now))
    named = sorted({listing_id for left, right, _ in said ^ says for listing_id in (left, right)})
    if not named:
        return np.zeros(0, dtype=np.int64)
    found = pc.index_in(pa.array(named, type=pa.large_string()), value_set=own.ids).drop_null()
    return np.asarray(found.to_numpy(), dtype=np.int64)
