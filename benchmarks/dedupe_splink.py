"""Splink on listings with domain columns: what a careful user of a general engine reaches. Run in its own environment.

    python benchmarks/dedupe_splink.py listings.parquet

The file holds standardised listings and their `station`. Trained without labels on the file itself; the threshold is chosen in hindsight, in Splink's
favour. Prints a line a way of scoring, and last one JSON object: seconds from the file to its clusters, peak memory, pairs met and scores.

Told from trying on the large lists: with one independent comparison a column, EM takes "the same street corner" for "the same station" (F1 0.46);
joint levels of name × firm and of place × door, and training on the blocks of phones, codes and doors, reach 0.86.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

STARTED = time.perf_counter()

import numpy as np  # noqa: E402 - the imports are part of the time
import pandas as pd  # noqa: E402
import splink.comparison_level_library as cll  # noqa: E402
import splink.comparison_library as cl  # noqa: E402
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: E402

#: Thresholds tried for clusters, in bits.
_THRESHOLDS = range(-4, 25, 2)

_KM = "(111.32 * sqrt(pow(lat_wgs84_l - lat_wgs84_r, 2) + pow((lng_wgs84_l - lng_wgs84_r) * cos(radians(lat_wgs84_l)), 2)))"
_DOOR = "(road_l = road_r and number_l = number_r)"
_NEAR_DOOR = "(road_l = road_r and abs(try_cast(number_l as int) - try_cast(number_r as int)) <= 4)"

#: Places, the nearest first. Position and address are one evidence: as two they count one corner twice.
_PLACE = {
    "door": f"{_DOOR} and coalesce({_KM} < 0.2, true)",
    "80 m": f"{_KM} < 0.08 and coalesce({_NEAR_DOOR}, true)",
    "80 m, other door": f"{_KM} < 0.08",
    "150 m": f"{_KM} < 0.15 and coalesce({_NEAR_DOOR}, true)",
    "150 m, other door": f"{_KM} < 0.15",
    "near door": _NEAR_DOOR,
    "400 m": f"{_KM} < 0.4",
    "road": "road_l = road_r",
    "1 km": f"{_KM} < 1.0",
}

#: Names: one character is three bytes to DuckDB's levenshtein.
_NAME = {
    "equal": "name_core_l = name_core_r",
    "alike": "(contains(name_core_l, name_core_r) or contains(name_core_r, name_core_l) or levenshtein(name_core_l, name_core_r) <= 3)",
    "differs": "true",
}

#: Whose premises. What is unknown conflicts with nothing.
_WHOSE = {
    "conflict": "(coalesce(organisation_l <> organisation_r, false) or coalesce(sort_l <> sort_r, false) or coalesce(trade_l <> trade_r, false))",
    "one firm": "coalesce(organisation_l = organisation_r, false)",
    "one sort": "(organisation_l is null and organisation_r is null and coalesce(sort_l = sort_r, trade_l = trade_r, false))",
    "a firm beside none": "((organisation_l is null) <> (organisation_r is null))",
    "unknown": "true",
}

_HOT_LINE = r"(^|;)(?:0\d{2,3}-)?(?:95\d{3}|100\d\d|400\d+)(?=;|$)"
_COLUMNS = (
    "listing_id", "name_core", "organisation", "sort", "trade", "kind", "city_code", "community_code", "road", "number", "landmark", "credit_code", "hours", "opened_on",
    "lng_wgs84", "lat_wgs84",
)  # fmt: skip


def domain_settings(columns: pd.Index) -> SettingsCreator:
    """Comparisons and blocking: name × firm, place × door, phone, code and kind; hours, opening date and facilities where the lists tell them."""
    named = [cll.CustomLevel(f"{test} and {whose}", f"{name}, {who}") for name, test in _NAME.items() for who, whose in _WHOSE.items()]
    named[list(_WHOSE).index("unknown")].configure(tf_adjustment_column="name_core")
    unplaced = cll.CustomLevel("(lat_wgs84_l is null or lat_wgs84_r is null) and (road_l is null or road_r is null)", "unknown")
    told = [cl.ExactMatch(name) for name in ("hours", "opened_on") if name in columns]
    if "facilities" in columns:
        told.append(cl.ArrayIntersectAtSizes("facilities", [5, 3, 1]))
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="listing_id",
        comparisons=[
            cl.CustomComparison(output_column_name="name", comparison_levels=[cll.NullLevel("name_core"), *named[:-1], cll.ElseLevel()]),
            cl.CustomComparison(
                output_column_name="place",
                comparison_levels=[
                    unplaced.configure(is_null_level=True),
                    *(cll.CustomLevel(test, name) for name, test in _PLACE.items()),
                    cll.ElseLevel(),
                ],
            ),
            cl.ArrayIntersectAtSizes("phones", [1]),
            cl.ExactMatch("credit_code"),
            cl.ExactMatch("kind"),
            *told,
        ],
        blocking_rules_to_generate_predictions=[
            block_on("city_code", "name_core"),
            block_on("city_code", "road", "number"),
            block_on("credit_code"),
            block_on("city_code", "phone"),
            block_on("city_code", "road", "organisation"),
            block_on("city_code", "landmark"),
            block_on("cell"),
        ],
    )


def prepared(listings: pd.DataFrame) -> pd.DataFrame:
    """The columns as Splink takes them: phones as arrays without hot lines, the city taken off the name, and a grid cell."""
    frame = pd.DataFrame({name: listings.get(name, pd.Series(None, index=listings.index, dtype="str")) for name in _COLUMNS})
    frame["city_code"] = frame["city_code"].fillna("")
    frame["name_core"] = pd.Series(
        [_without_city(name, city) for name, city in zip(frame["name_core"], frame["city_code"], strict=True)],
        index=frame.index,
        dtype=object,
    )
    told = listings["phones"].fillna("") + ";" + (listings["contact_phone"].fillna("") if "contact_phone" in listings.columns else "")
    phones = told.str.replace(_HOT_LINE, "", regex=True).str.strip(";").replace("", None)
    frame["phone"] = phones.str.split(";").str[0]
    frame["phones"] = phones.str.split(";")
    if "facilities" in listings.columns and listings["facilities"].notna().any():
        frame["facilities"] = listings["facilities"].str.split(";")
    frame["cell"] = [
        None if pd.isna(lng) else f"{int(lng / 0.002)}|{int(lat / 0.0015)}"
        for lng, lat in zip(frame["lng_wgs84"], frame["lat_wgs84"], strict=True)
    ]
    kept = [name for name in frame.columns if name not in ("hours", "opened_on") or frame[name].notna().any()]
    return frame[kept].astype({name: object for name in kept if frame[name].dtype.kind != "f"})


def _without_city(name: object, city: str) -> object:
    head = city + "市"
    return name.removeprefix(head) if isinstance(name, str) and city and len(name) > len(head) + 1 else name


def predicted(frame: pd.DataFrame) -> tuple[Linker, Any]:
    """The linker and its predictions, as its guide trains it: u from random pairs, m by EM over blocks of what identifies."""
    linker = Linker(DuckDBAPI().register(frame), domain_settings(frame.columns), log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("credit_code"), block_on("city_code", "phone")], recall=0.25)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("city_code", "phone"), block_on("credit_code"), block_on("city_code", "road", "number", "name_core")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return linker, linker.inference.predict(threshold_match_weight=-10)


def main(path: str) -> None:
    """Print the best F1 over thresholds: pairwise and after Splink's own clustering."""
    listings = pd.read_parquet(path)
    ids, station = pd.Index(listings["listing_id"]), pd.factorize(listings.pop("station"))[0]
    linker, predictions = predicted(prepared(listings))
    seconds = time.perf_counter() - STARTED
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    clusters = []
    for threshold in _THRESHOLDS:
        began = time.perf_counter()
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_weight=threshold)
        frame = found.as_pandas_dataframe()
        took = time.perf_counter() - began
        if threshold == _THRESHOLDS[0]:
            peak_mb = max(peak_mb, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
        label = pd.factorize(frame.set_index("listing_id")["cluster_id"].reindex(ids))[0]
        clusters.append((*score(label, station), threshold, took))
    best = max(clusters, key=lambda line: line[2])
    pairs = linker.misc.query_sql(f"select listing_id_l, listing_id_r, match_weight from {predictions.physical_name}").as_pandas_dataframe()
    paired = best_pairs(pairs, ids, station)
    print(f"splink pairs     P {paired[0]:.4f} R {paired[1]:.4f} F1 {paired[2]:.4f} at {paired[3]:.1f} bits, {seconds:.1f} s")
    print(f"splink clusters  P {best[0]:.4f} R {best[1]:.4f} F1 {best[2]:.4f} at {best[3]} bits, {best[4]:.1f} s more")
    print(json.dumps({"seconds": seconds + best[4], "peak_mb": peak_mb, "met": len(pairs), "pairs": paired[:3], "clusters": best[:3]}))


def score(label: np.ndarray[Any, Any], station: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    """Pairwise precision, recall and F1 of clusters, from sizes alone."""
    both = pd.DataFrame({"label": label, "station": station}).value_counts().to_numpy()
    found, true, hits = (int((sizes * (sizes - 1) // 2).sum()) for sizes in (np.bincount(label), np.bincount(station), both))
    return hits / max(found, 1), hits / max(true, 1), 2 * hits / max(found + true, 1)


def best_pairs(pairs: pd.DataFrame, ids: pd.Index, station: np.ndarray[Any, Any]) -> tuple[float, float, float, float]:
    """Precision, recall and F1 of the pairs at the threshold that is best in hindsight, and that threshold."""
    sizes = np.bincount(station)
    true = int((sizes * (sizes - 1) // 2).sum())
    order = np.argsort(-pairs["match_weight"].to_numpy(), kind="stable")
    left, right = (station[ids.get_indexer(pd.Index(pairs[side]))][order] for side in ("listing_id_l", "listing_id_r"))
    hits, found = np.cumsum(left == right), np.arange(1, len(order) + 1)
    f1 = 2 * hits / (found + true)
    at = int(f1.argmax())
    return float(hits[at] / found[at]), float(hits[at] / true), float(f1[at]), float(pairs["match_weight"].to_numpy()[order[at]])


if __name__ == "__main__":
    main(sys.argv[1])
