"""Unified social credit codes with the right check digit (GB 32100-2015, clause 5)."""

from __future__ import annotations

from random import Random
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_character(body: str) -> str:
    """The 18th character for the first 17."""
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(body: str) -> str:
    """The ninth character of an organisation code (GB 11714) for the first eight."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(int(character, 36) * weight for character, weight in zip(body, weights, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def credit_code(rng: Random, county_code: str, register: str = "91") -> str:
    """A valid code: `register` 91 company, 12 public institution, 55 resident committee; then county, organisation code, check."""
    start = rng.choice(("7", "MA"))
    organisation = start + "".join(rng.choices("0123456789", k=8 - len(start)))
    body = register + county_code + organisation + organisation_check(organisation)
    return body + check_character(body)


def spoilt(code: str, rng: Random) -> str:
    """The code with its last character wrong."""
    return code[:17] + rng.choice([character for character in ALPHABET if character != code[17]])
