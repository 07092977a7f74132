"""Splink on any lists: names, addresses, positions and phones, as far as the lists tell them. Run in its own environment, from the project's folder.

    python -m benchmarks.dedupe_splink_lists listings.parquet [--one-to-one]

The file holds standardised listings and their `station`. Trained without labels on the file itself. Two lists are linked, more are deduplicated; `--one-to-one`
gives each listing to its best free partner. Prints one JSON object: seconds from the file to weighed pairs, and [P, R, F1] of `pairs` and of `stations` (assigned or clustered) at the
threshold that is best in hindsight, and of stations at even odds (`told_nothing`).

Told from trying, with F1 on Nanjing and Pittsburgh in sight: EM learns names only from listings within 10 m of each other (in a wider circle it takes "the same
mall" for "the same station"); distance and address apart count one corner twice (F1 0.61); characters in runs of two or three serve both languages
where DuckDB's string distances count bytes; term frequencies of names and the kind lose, on these lists.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Literal

STARTED = time.perf_counter()

import numpy as np  # noqa: E402 - the imports are part of the time
import pandas as pd  # noqa: E402
import splink.comparison_level_library as cll  # noqa: E402
import splink.comparison_library as cl  # noqa: E402
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: E402
from splink.blocking_rule_library import CustomRule  # noqa: E402

from benchmarks.dedupe_splink import best_pairs, score  # noqa: E402

#: Thresholds tried for clusters, in bits.
_THRESHOLDS = range(-4, 17)

#: All pairs of these lists: a sample of them made F1 differ by 0.01 from run to run.
_U_PAIRS = 2e7

_KM = "(111.32 * sqrt(pow(lat_l - lat_r, 2) + pow((lng_l - lng_r) * cos(radians(lat_l)), 2)))"
_WITHIN_KM = (0.01, 0.03, 0.06, 0.1, 0.2, 0.4)


def _runs_in_common(column: str, of: str) -> str:
    both = f"len(list_intersect({column}_l, {column}_r))"
    whole = {"union": f"len(list_distinct(list_concat({column}_l, {column}_r)))", "shorter": f"least(len({column}_l), len({column}_r))"}
    return f"({both}::double / {whole[of]})"


_ALIKE, _HELD = _runs_in_common("name_runs", "union"), _runs_in_common("name_runs", "shorter")
_MEET, _BEGINS = "list_has_any(name_runs_l, name_runs_r)", "(starts_with(name_l, name_r) or starts_with(name_r, name_l))"
_JARO = "jaro_winkler_similarity(name_l, name_r)"
_DOOR = f"coalesce((road_l = road_r and number_l = number_r) or {_runs_in_common('address_runs', 'shorter')} >= 0.6, false)"

#: Names that are not equal, the most alike first.
_NAME = {
    "nearly": f"({_BEGINS} or {_JARO} >= 0.95 or ({_MEET} and {_ALIKE} >= 0.6))",
    "much": f"({_JARO} >= 0.9 or ({_MEET} and ({_ALIKE} >= 0.4 or {_HELD} >= 0.8)))",
    "some": f"({_MEET} and ({_ALIKE} >= 0.25 or {_HELD} >= 0.5))",
}


def settings(columns: pd.Index, link_type: Literal["link_only", "dedupe_only"]) -> SettingsCreator:
    """Comparisons of name, place × address and phone, and blocks of the same."""
    placed, phoned = "lat" in columns, "phone" in columns
    name = [cll.NullLevel("name"), cll.ExactMatchLevel("name"), *(cll.CustomLevel(test, told) for told, test in _NAME.items())]
    if placed:
        unknown = "lat_l is null or lat_r is null"
        near = [level for km in _WITHIN_KM for level in (cll.CustomLevel(f"{_KM} < {km} and {_DOOR}"), cll.CustomLevel(f"{_KM} < {km}"))]
        place = [*near, cll.CustomLevel(_DOOR), cll.CustomLevel(f"{_KM} < 1")]
    else:
        unknown = "road_l is null or road_r is null"
        place = [cll.CustomLevel("road_l = road_r and number_l = number_r"), cll.CustomLevel(_DOOR), cll.CustomLevel("road_l = road_r")]
    return SettingsCreator(
        link_type=link_type,
        unique_id_column_name="listing_id",
        comparisons=[
            cl.CustomComparison(output_column_name="name", comparison_levels=[*name, cll.ElseLevel()]),
            cl.CustomComparison(
                output_column_name="place",
                comparison_levels=[cll.CustomLevel(unknown).configure(is_null_level=True), *place, cll.ElseLevel()],
            ),
            *([cl.ExactMatch("phone")] if phoned else []),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("name"),
            block_on("head"),
            block_on("road", "number"),
            *([_within(450)] if placed else []),
            *([block_on("phone")] if phoned else []),
        ],
        retain_matching_columns=False,
    )


def _within(metres: float, also: str = "") -> CustomRule:
    degrees = metres / 111_320
    return CustomRule(f"abs(l.lat - r.lat) < {degrees} and abs(l.lng - r.lng) < {1.2 * degrees}{also}")


def prepared(listings: pd.DataFrame) -> pd.DataFrame:
    """The columns as Splink takes them: texts, sets of runs of characters as numbers, the head of the name, and positions. What no listing tells is left out."""
    cleaned = {"name": "name_core", "road": "road", "number": "number", "phone": "phones"}
    frame = listings[["listing_id", "source"]].assign(**{name: listings[column].astype("string") for name, column in cleaned.items()})
    frame["phone"] = frame["phone"].str.split(";").str[0]
    frame["head"] = frame["name"].str.replace(" ", "").map(lambda name: name[: 5 if name.isascii() else 2], na_action="ignore")
    frame = frame.astype("string").assign(lng=listings["lng_wgs84"], lat=listings["lat_wgs84"])
    frame["name_runs"] = _runs(listings["name_core"])
    frame["address_runs"] = _runs(listings["address"].str.upper())
    return frame.dropna(axis="columns", how="all")


def _runs(texts: pd.Series) -> pd.Series:
    """Numbers of the runs of characters in each text: of three in Latin letters, blanks at both ends among them, and of two in others. Absent where the text is."""
    found = texts.map(_runs_of, na_action="ignore").explode().dropna()
    numbers = pd.Series(pd.factorize(found)[0].astype(np.int32), index=found.index)
    return numbers.groupby(level=0).agg(list).reindex(texts.index)


def _runs_of(text: str) -> list[str]:
    length, text = (3, f" {text} ") if text.isascii() else (2, text.replace(" ", ""))
    return sorted({text[at : at + length] for at in range(max(1, len(text) - length + 1))})


def predicted(frame: pd.DataFrame) -> tuple[Linker, Any]:
    """The linker and its predictions, as its guide trains it: u from random pairs, m by EM over blocks, the prior from pairs that are surely one."""
    two = frame["source"].nunique() == 2
    lists = [each.reset_index(drop=True) for _, each in frame.groupby("source")] if two else [frame]
    database = DuckDBAPI()
    tables = [database.register(each.drop(columns="source")) for each in lists]
    linker = Linker(tables, settings(frame.columns, "link_only" if two else "dedupe_only"), log_level=None)
    if "lat" in frame.columns:
        sure, blocks = [_within(200, " and l.name = r.name")], [block_on("name"), _within(10)]
    else:
        sure = [block_on("name", "road", "number"), block_on("phone", "road", "number")]
        blocks = [block_on("name"), block_on("road", "number"), block_on("phone")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=_U_PAIRS, seed=1)
    for rule in blocks:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return linker, linker.inference.predict(threshold_match_weight=-10)


def assigned(pairs: pd.DataFrame) -> pd.DataFrame:
    """Of `pairs`, the most probable first, those whose listings are both still free."""
    taken: set[str] = set()
    kept = []
    for left, right in zip(pairs["listing_id_l"], pairs["listing_id_r"], strict=True):
        kept.append(left not in taken and right not in taken)
        if kept[-1]:
            taken |= {left, right}
    return pairs[kept]


def main(path: str, *, one_to_one: bool) -> None:
    """Print what Splink reaches."""
    listings = pd.read_parquet(path)
    ids, station = pd.Index(listings["listing_id"]), pd.factorize(listings.pop("station"))[0]
    linker, predictions = predicted(prepared(listings))
    seconds = time.perf_counter() - STARTED
    pairs = predictions.as_pandas_dataframe().sort_values(
        ["match_weight", "listing_id_l", "listing_id_r"], ascending=[False, True, True], ignore_index=True
    )

    def clustered(threshold: float) -> tuple[float, float, float]:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_weight=threshold)
        label = found.as_pandas_dataframe().set_index("listing_id")["cluster_id"].reindex(ids)
        return score(pd.factorize(label)[0], station)

    if one_to_one:
        chosen = assigned(pairs)
        stations = best_pairs(chosen, ids, station)[:3]
        told_nothing = _of(chosen[chosen["match_weight"] >= 0], ids, station)
    else:
        stations = max((clustered(threshold) for threshold in _THRESHOLDS), key=lambda found: found[2])
        told_nothing = clustered(0)
    best = best_pairs(pairs, ids, station)[:3]
    print(json.dumps({"seconds": seconds, "pairs": best, "stations": stations, "told_nothing": told_nothing}))


def _of(pairs: pd.DataFrame, ids: pd.Index, station: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    """Precision, recall and F1 of pairs of which no two share a listing."""
    label = np.arange(len(ids))
    label[ids.get_indexer(pd.Index(pairs["listing_id_r"]))] = ids.get_indexer(pd.Index(pairs["listing_id_l"]))
    return score(label, station)


if __name__ == "__main__":
    main(sys.argv[1], one_to_one="--one-to-one" in sys.argv[2:])
