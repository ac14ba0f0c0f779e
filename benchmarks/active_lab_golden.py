"""Writes tests/core/active_lab_golden.npz with cleanlab, and says how far ActiveLab here is from it.

For developers, see ``benchmarks/consensus_golden.py``. cleanlab 2.9 fits the temperature of the model's probabilities
to miscounted labels: ``internal.util.value_counts`` puts the counts of an item's labels from label 0 on, whatever they
are, where labels are floats, as those of several annotators always are. So both are written: what it says as it is,
with the temperature it came to, and what it says once labels are counted where they are.

    python -m benchmarks.active_lab_golden
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from learning.core.second_opinions.active_lab import active_lab
from tests.core.active_lab_cases import CASES, GOLDEN, new_beliefs
from tests.core.aggregation.crowds import beliefs, votes_in


def main() -> None:
    sys.path.append(str(Path(sys.prefix) / "bare"))
    from cleanlab import __version__, multiannotator
    from cleanlab.internal import multiannotator_utils
    from cleanlab.internal.util import value_counts

    def counted(labels: np.ndarray, num_classes: int) -> np.ndarray:
        return value_counts(labels.astype(int), num_classes=num_classes)

    golden: dict[str, Any] = {"cleanlab": np.array(__version__)}
    worst = 0.0
    for name, said in CASES.items():
        asked, model, new = np.where(said >= 0, said, np.nan), beliefs(said), new_beliefs(said)
        for way, counts in (("as it is", value_counts), ("counted", counted)):
            multiannotator_utils.value_counts = counts
            temperature = multiannotator_utils.find_best_temp_scaler(asked, model)
            known, fresh = multiannotator.get_active_learning_scores(asked, model, new)
            golden |= {f"{name} {way} {part}": value for part, value in (("known", known), ("new", fresh))}
            golden[f"{name} {way} temperature"] = np.array(temperature)
            ours = active_lab(votes_in(said), model, new, temperature if way == "as it is" else None)
            worst = max(worst, float(np.abs(ours.known - known).max()), float(np.abs(ours.new - fresh).max()))
    np.savez_compressed(GOLDEN, **golden)
    print(f"cleanlab {__version__}, {len(CASES)} crowds: largest difference {worst:.1e}")


if __name__ == "__main__":
    main()
