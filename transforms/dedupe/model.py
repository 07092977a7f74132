"""The model: one readable versioned file of levels, integer weights (milli-bits), thresholds with reasons and training evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from transforms.dedupe.calibration import Calibration, calibration_of
from transforms.dedupe.coded import Ints
from transforms.dedupe.levels import COMPARISONS, STRATA

VERSION: Final = 4
SHIPPED: Final = Path(__file__).with_name("model.json")

#: Keys of a threshold in the file, each {"mb": integer, "reason": text}.
THRESHOLDS: Final = ("link", "same", "review_low", "review_high", "store")


class ModelError(ValueError):
    """The model file is of another version, cut short, or was edited by hand; the message (Chinese) says which."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Weights of one stratum in milli-bits: `prior`, and an array a comparison in level order. Positive speaks for the same station."""

    prior: int
    weights: Mapping[str, Ints]
    sources: Mapping[str, int]

    def source_weight(self, left: str, right: str) -> int:
        """Weight of the pair of sources; one never seen in training takes the default of its sort (`same` list, `other` lists)."""
        return self.sources.get(pair_key(left, right), self.sources["same" if left == right else "other"])


@dataclass(frozen=True, slots=True)
class Model:
    """What score and cluster need; `document` is the file as read, with u, same-station pairs met a level, evidence and reasons. Without a `calibration` a weight is no probability."""

    strata: Mapping[str, Stratum]
    thresholds: Mapping[str, int]
    fingerprint: str
    document: Mapping[str, Any]
    calibration: Calibration | None = None


def pair_key(left: str, right: str) -> str:
    """The name of an unordered pair of sources."""
    return " × ".join(sorted((left, right)))


def fingerprint_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of everything in the document but the fingerprint itself."""
    rest = {key: value for key, value in document.items() if key != "fingerprint"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load_model(path: Path | None = None) -> Model:
    """The model in `path`, or the one that ships. Raises ModelError."""
    source = path or SHIPPED
    try:
        document = json.loads(source.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"去重模型 {source.name} 读不出来（不存在或不完整）：请换回随附的模型") from error
    return model_of(document, source.name)


def model_of(document: Any, name: str = "model") -> Model:
    """The model that a parsed document describes. Raises ModelError."""
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ModelError(f"去重模型 {name} 的版本不是 {VERSION}：请用本版本的训练命令重新生成")
    if document.get("fingerprint") != fingerprint_of(document):
        raise ModelError(f"去重模型 {name} 的指纹不符（文件被手工改动或截断）：请换回原文件或重新训练")
    try:
        strata = {name: _stratum(document["strata"][name]) for name in STRATA}
        thresholds = {name: int(document["thresholds"][name]["mb"]) for name in THRESHOLDS}
        calibration = calibration_of(document.get("calibration"))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"去重模型 {name} 缺少内容：{error}") from error
    return Model(strata, thresholds, str(document["fingerprint"]), document, calibration)


def _stratum(part: Mapping[str, Any]) -> Stratum:
    weights = {
        comparison.name: np.array([int(part["weights"][comparison.name][level]) for level in comparison.levels], dtype=np.int64)
        for comparison in COMPARISONS
    }
    sources = {str(key): int(value) for key, value in part["sources"].items()}
    if not {"same", "other"} <= sources.keys():
        raise KeyError("sources: same, other")
    return Stratum(int(part["prior"]), weights, sources)


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its version and fingerprint."""
    versioned = {**document, "version": VERSION}
    return {**versioned, "fingerprint": fingerprint_of(versioned)}


def write_model(document: Mapping[str, Any], path: Path) -> None:
    """Seal the document with its fingerprint and write it, readable and stable under diff."""
    path.write_text(json.dumps(sealed(document), ensure_ascii=False, indent=1) + "\n", "utf-8")
