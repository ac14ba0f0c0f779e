"""Writes tests/core/aggregation/cleanlab_golden.npz with cleanlab, and says how far CROWDLAB here is from it.

For developers: cleanlab comes with requirements-bare.txt; importing it takes seconds, which the suite need not spend.
``python -m benchmarks.consensus_golden``
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from learning.core.aggregation import NO_LABEL, KnownTruth
from learning.core.aggregation.crowdlab import Crowdlab
from tests.core.aggregation.crowds import CASES, GOLDEN, beliefs, matrix, votes_in


def main() -> None:
    sys.path.append(str(Path(sys.prefix) / "bare"))
    from cleanlab import __version__, multiannotator

    golden: dict[str, Any] = {"cleanlab": np.array(__version__)}
    worst = 0.0
    for name, case in CASES.items():
        said = matrix(*case)
        asked = np.where(said >= 0, said, np.nan)
        theirs = multiannotator.get_label_quality_multiannotator(asked, beliefs(said), verbose=False)["label_quality"]
        golden[f"{name} labels"] = theirs["consensus_label"].to_numpy()
        golden[f"{name} quality"] = theirs["consensus_quality_score"].to_numpy()
        votes = votes_in(said)
        ours = Crowdlab().aggregate(votes, KnownTruth(np.full(votes.n_items, NO_LABEL), beliefs(said)))
        worst = max(worst, float(np.abs(ours.confidence - golden[f"{name} quality"]).max()))
    np.savez_compressed(GOLDEN, **golden)
    print(f"cleanlab {__version__}, {len(CASES)} crowds: largest difference {worst:.1e}")


if __name__ == "__main__":
    main()
