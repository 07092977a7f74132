"""Keys that the owners hand out, made from the seed, so that a restarted city is still the same city."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """Every key and password of the city. They guard invented lists on 127.0.0.1, so that anyone may know them is no matter."""

    seed: int

    def __getitem__(self, name: str) -> str:
        """The key of that name: 32 hex digits."""
        return hashlib.sha256(f"sandbox key {self.seed} {name}".encode()).hexdigest()[:32]
