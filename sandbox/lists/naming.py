"""How one owner names another's place: the word of the place, with or without whose it is."""

from __future__ import annotations

from random import Random

from sandbox.station import Place, Station
from sandbox.words import FIRM_NAMES, stem


def firm_short(rng: Random, brand: str) -> str:
    """A firm's name as others shorten it."""
    return rng.choice(FIRM_NAMES[brand][1:])


def place_word(rng: Random, station: Station, said: float) -> str:
    """What others call the place; with chance `said` a firm's brand is in it, else only the place's own word."""
    label = station.label
    if station.brand:
        short = FIRM_NAMES[station.brand][3 if rng.random() < 0.6 else 2]
        if rng.random() >= said:
            return label + station.rank
        if station.kind == "bank_self_service":  # beside a branch of the same word: what it is must be said
            return f"{short}{label}{station.rank}"
        return rng.choice((f"{short}{label}{station.rank}", f"{short}{label}{station.rank}", f"{label}{short}", f"{short}{label}"))
    words = {
        "party_centre": (f"{label}党群服务中心", f"{label}党群服务中心", f"{label}党群中心"),
        "community_centre": (f"{label}{station.rank}", f"{label}{station.rank}", f"{stem(label)}{station.rank}"),
        "city_post": (f"{label}城市驿站", f"{label}城市驿站", f"{label}驿站"),
        "merchant": (f"{station.rank}{label}店", f"{station.rank}({label}店)", f"{label}{station.rank}"),
        "civ_centre": (f"{label}文明实践中心",),
        "telecom_kiosk": (f"{label}便民亭",),
        "telecom_cabin": (f"{label}移动驿站", f"{label}驿站舱"),
    }
    return rng.choice(words.get(station.kind, (label,)))


def shows_firm(station: Station, text: str) -> bool:
    """Whether a text says whose outlet it is."""
    return bool(station.brand) and any(name in text for name in FIRM_NAMES[station.brand][1:])


def community_cell(rng: Random, place: Place, given: float) -> str | None:
    """A community cell, filled with chance `given`: short, or as the bureau writes it."""
    if rng.random() >= given:
        return None
    return rng.choice((place.community, place.community, place.community_written))
