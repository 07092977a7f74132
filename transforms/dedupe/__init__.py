"""Which listings are one station: candidates, comparison levels, integer weights, constrained clusters, and stable ids."""

from transforms.dedupe.datum import datum_suspects
from transforms.dedupe.engine import Matched, match, match_lists
from transforms.dedupe.identity import Identified, IdentityError, identify, station_id
from transforms.dedupe.model import Model, ModelError, load_model

__all__ = [
    "Identified",
    "IdentityError",
    "Matched",
    "Model",
    "ModelError",
    "datum_suspects",
    "identify",
    "load_model",
    "match",
    "match_lists",
    "station_id",
]
