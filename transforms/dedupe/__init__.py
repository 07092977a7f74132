"""Which listings are one station: candidates, comparison levels, integer weights, constrained clusters, and stable ids."""

from transforms.dedupe.datum import datum_suspects
from transforms.dedupe.engine import Matched, match, match_lists, ready
from transforms.dedupe.identity import Identified, IdentityError, identify, station_id
from transforms.dedupe.incremental import match_again, state_fingerprint
from transforms.dedupe.incremental_file import read_state, write_state
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
    "match_again",
    "match_lists",
    "read_state",
    "ready",
    "state_fingerprint",
    "station_id",
    "write_state",
]
