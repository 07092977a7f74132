"""Train the model that ships: by EM on three sample cities, without labels. `python -m benchmarks.dedupe_train` rewrites transforms/dedupe/model.json.

Seeds 2 and 3 and those from 21 on are never trained on: `benchmarks.dedupe_accuracy` scores on them.
"""

from __future__ import annotations

from benchmarks.dedupe_listings import sample_listings
from transforms.dedupe.model import SHIPPED, model_of, sealed, write_model
from transforms.dedupe.thresholds import THRESHOLDS
from transforms.dedupe.train import check_gold, document_of, train

SEEDS = (1, 4, 5)


def main() -> None:
    """Train and write."""
    trained = train([sample_listings(seed) for seed in SEEDS], for_any_city=True)
    document = document_of(trained, THRESHOLDS, {"seeds": list(SEEDS), "night": 0})
    check_gold(model_of(sealed(document)))
    write_model(document, SHIPPED)
    print(trained.evidence)


if __name__ == "__main__":
    main()
