"""Splink on listings with domain columns: what a careful user of a general engine reaches. Run in its own environment.

    python benchmarks/dedupe_splink.py listings.parquet

The file holds standardised listings and their `station`. Trained without labels on the file itself; the threshold is chosen in hindsight, in Splink's favour.
"""

from __future__ import annotations

import sys
import time

import pandas as pd
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

#: Thresholds tried, in bits.
_THRESHOLDS = [step / 2 for step in range(-20, 61)]


def domain_settings() -> SettingsCreator:
    """Comparisons and blocking as FACTS' domain columns: core name, organisation, door, position, phone, code, kind, community, hours, opening date, facilities."""
    door = cl.CustomComparison(
        output_column_name="door",
        comparison_levels=[
            cll.NullLevel("road"),
            cll.And(cll.ExactMatchLevel("road"), cll.ExactMatchLevel("number")),
            cll.ExactMatchLevel("road"),
            cll.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="listing_id",
        comparisons=[
            cl.JaroWinklerAtThresholds("name_core", [0.92, 0.8]),
            cl.JaroWinklerAtThresholds("organisation", [0.9]),
            door,
            cl.DistanceInKMAtThresholds("lat_wgs84", "lng_wgs84", [0.03, 0.08, 0.15, 0.4, 1.0]),
            cl.ArrayIntersectAtSizes("phones", [1]),
            cl.ExactMatch("credit_code"),
            cl.ExactMatch("kind"),
            cl.ExactMatch("trade"),
            cl.ExactMatch("community_code"),
            cl.ExactMatch("landmark"),
            cl.ExactMatch("hours"),
            cl.ExactMatch("opened_on"),
            cl.ArrayIntersectAtSizes("facilities", [5, 3, 1]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("name_core", "county_code"),
            block_on("road", "number"),
            block_on("credit_code"),
            block_on("community_code", "kind"),
            block_on("road", "organisation"),
            block_on("landmark", "county_code"),
            block_on("cell"),
        ],
    )


def main(path: str) -> None:
    """Print the best F1 over thresholds: pairwise and after Splink's own clustering."""
    listings = pd.read_parquet(path)
    truth = _true_pairs(listings)
    phones = [_split(a) + _split(b) for a, b in zip(listings["phones"], listings["contact_phone"], strict=True)]
    cells = [
        None if pd.isna(lng) else f"{int(lng / 0.002)}|{int(lat / 0.0015)}"
        for lng, lat in zip(listings["lng_wgs84"], listings["lat_wgs84"], strict=True)
    ]
    frame = listings.drop(columns="station").assign(
        phones=pd.Series(phones, index=listings.index, dtype=object),
        facilities=listings["facilities"].map(_split).astype(object),
        cell=pd.Series(cells, index=listings.index, dtype=object),
    )
    started = time.perf_counter()
    linker = Linker(DuckDBAPI().register(frame), domain_settings(), log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("road", "number", "name_core")], recall=0.4)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    for rule in (block_on("road", "number"), block_on("name_core", "county_code"), block_on("cell")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    predictions = linker.inference.predict(threshold_match_weight=-10)
    pairs = predictions.as_pandas_dataframe()
    seconds = time.perf_counter() - started
    best = max(((*_score(_predicted(pairs, threshold), truth), threshold) for threshold in _THRESHOLDS), key=lambda found: found[2])
    print(f"splink pairs     P {best[0]:.4f} R {best[1]:.4f} F1 {best[2]:.4f} at {best[3]} bits, {seconds:.1f} s")
    best = (0.0, 0.0, 0.0, 0.0)
    for threshold in _THRESHOLDS[10::4]:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predictions, threshold_match_weight=threshold
        ).as_pandas_dataframe()
        best = max(best, (*_score(_true_pairs(clusters, "cluster_id"), truth), threshold), key=lambda found: found[2])
    print(f"splink clusters  P {best[0]:.4f} R {best[1]:.4f} F1 {best[2]:.4f} at {best[3]} bits")


def _split(text: object) -> list[str]:
    return text.split(";") if isinstance(text, str) and text else []


def _true_pairs(listings: pd.DataFrame, label: str = "station") -> set[tuple[str, str]]:
    both = listings[["listing_id", label]].merge(listings[["listing_id", label]], on=label, suffixes=("_a", "_b"))
    return set(both.loc[both["listing_id_a"] < both["listing_id_b"], ["listing_id_a", "listing_id_b"]].itertuples(index=False, name=None))


def _predicted(pairs: pd.DataFrame, threshold: float) -> set[tuple[str, str]]:
    kept = pairs[pairs["match_weight"] >= threshold]
    return {(min(a, b), max(a, b)) for a, b in zip(kept["listing_id_l"], kept["listing_id_r"], strict=True)}


def _score(found: set[tuple[str, str]], truth: set[tuple[str, str]]) -> tuple[float, float, float]:
    hits = len(found & truth)
    return hits / max(len(found), 1), hits / len(truth), 2 * hits / max(len(found) + len(truth), 1)


if __name__ == "__main__":
    main(sys.argv[1])
