from __future__ import annotations

import pytest

from tests.transforms.dedupe.some import HUNDREDTH_M, listing, listings
from transforms.dedupe.candidates import ALL_KEYS, candidates
from transforms.dedupe.features import features
from transforms.dedupe.levels import NEAR_M


def met(*rows: dict[str, object]) -> dict[tuple[str, str], set[str]]:
    known = features(listings(*rows))
    found = candidates(known)
    return {
        (known.ids[a], known.ids[b]): {key.name for bit, key in enumerate(ALL_KEYS) if keys >> bit & 1}
        for a, b, keys in zip(found.left.tolist(), found.right.tolist(), found.keys.tolist(), strict=True)
    }


@pytest.mark.parametrize(
    ("fields", "other", "key"),
    [
        ({"name_core": "青阳路社区"}, {"name_core": "青阳路社区"}, "core"),
        ({"road": "青阳路", "number": "38"}, {"road": "青阳路", "number": "38"}, "door"),
        ({"phones": "0553-3812345"}, {"phones": "3812345"}, "phone"),
        ({"credit_code": "913400007199042708"}, {"credit_code": "913400007199042708"}, "credit"),
        ({"community_code": "340202005001", "kind": "park"}, {"community_code": "340202005001", "kind": "park"}, "community_kind"),
        ({"town_code": "340202005", "organisation": "徽商银行"}, {"town_code": "340202005", "organisation": "徽商银行"}, "town_org"),
        ({"road": "青阳路", "organisation": "徽商银行"}, {"road": "青阳路", "organisation": "徽商银行"}, "road_org"),
        ({"landmark": "万达广场"}, {"landmark": "万达广场"}, "landmark"),
        ({"name_core": "青阳路社区"}, {"name_core": "青阳社区"}, "typo"),
        ({"name_core": "青阳路社区"}, {"name_core": "青阴路社区"}, "typo"),
        ({"name_core": "老新隆李氏锅贴"}, {"name_core": "李氏牛肉"}, "word"),
    ],
)
def test_keys(fields: dict[str, object], other: dict[str, object], key: str) -> None:
    assert key in met(listing("a:1", **fields), listing("b:1", **other))["a:1", "b:1"]


@pytest.mark.parametrize(("east", "north"), [(1, 0), (0, 1), (1, 1), (-1, 1), (0.2, -0.9), (-0.6, -0.6)])
def test_the_grid_reaches_every_near_pair(east: float, north: float) -> None:
    step = 0.69 * NEAR_M / HUNDREDTH_M / 100
    for start in range(7):
        lng, lat = 118.38 + start * 0.0004, 31.33 + start * 0.0003
        found = met(
            listing("a:1", lng_wgs84=lng, lat_wgs84=lat),
            listing("b:1", lng_wgs84=lng + east * step, lat_wgs84=lat + north * step),
        )
        assert found == {("a:1", "b:1"): {"grid"}}


def test_far_pairs_of_neighbouring_cells_are_dropped() -> None:
    assert not met(listing("a:1", lng_wgs84=118.38, lat_wgs84=31.33), listing("b:1", lng_wgs84=118.38, lat_wgs84=31.3316))


def test_hot_lines_are_no_key() -> None:
    assert not met(listing("a:1", phones="95588"), listing("b:1", phones="95588"))


@pytest.mark.parametrize(("field", "value", "key"), [("phones", "0553-3812345", "phone"), ("credit_code", "913400007199042708", "credit")])
def test_what_more_than_eight_listings_share_is_a_switchboard_and_no_key(field: str, value: str, key: str) -> None:
    eight, nine = ([listing(f"a:{at}", **{field: value}) for at in range(count)] for count in (8, 9))
    found = met(*eight)
    assert len(found) == 8 * 7 // 2
    assert all(keys == {key} for keys in found.values())
    assert not met(*nine)


def test_cities_do_not_meet() -> None:
    rows = [listing(f"a:{city}", name_core="青阳路社区", city_code=city) for city in ("3402", "3401")]
    frame = listings(*rows).assign(city_code=["3402", "3401"])
    assert not len(candidates(features(frame)).left)


@pytest.mark.parametrize(("key", "cap"), [("word", 20), ("typo", 30), ("near_word", 30), ("core", 60), ("grid", 60)])
def test_the_caps_by_names_and_places_hold(key: str, cap: int) -> None:
    """One more than the cap, and not one pair is met by the key."""

    def crowd(count: int) -> set[str]:
        rows = [listing(f"a:{at:03d}", **_alike_by(key, at)) for at in range(count)]
        return {met_by for keys in met(*rows).values() for met_by in keys}

    assert key in crowd(cap)
    assert key not in crowd(cap + 1)


def _alike_by(key: str, at: int) -> dict[str, object]:
    """The `at`th listing of a crowd that has this key in common: names that share two characters, or all but one, one name, or one place."""
    other = [chr(0x4E00 + at * 40 + step * 3) for step in range(6)]
    place: dict[str, object] = {"lng_wgs84": 118.38, "lat_wgs84": 31.33}
    fields: dict[str, dict[str, object]] = {
        "word": {"name_core": "李氏" + "".join(other)},
        "typo": {"name_core": "青阳路社区" + other[0]},
        "near_word": {"name_core": "李氏" + "".join(other), **place, "county": f"{at}区", "county_code": f"3402{at:02d}"},
        "core": {"name_core": "青阳路社区", "county": f"{at}区", "county_code": f"3402{at:02d}"},
        "grid": {"name_core": "".join(other), **place},
    }
    return fields[key]


def test_a_block_over_its_cap_is_dropped_and_reported() -> None:
    crowd = [
        listing(f"a:{number:03d}", credit_code="913400007199042708", name_core=None, road="青阳路", number="1") for number in range(61)
    ]
    found = candidates(features(listings(*crowd)))
    door = found.blocks.set_index("key").loc["door"]
    assert not len(found.left)
    assert (door["dropped_blocks"], door["dropped_pairs"], door["largest"]) == (1, 61 * 60 // 2, 61)
