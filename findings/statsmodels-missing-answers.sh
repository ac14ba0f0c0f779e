#!/usr/bin/env bash
# statsmodels 0.15.0: aggregate_raters counts "has not answered" (NaN) as a category of its own, and fleiss_kappa as agreement on it.
#
# One would guess: NaN is left out (fleiss_kappa then refuses rows of unequal length), or refused.
# What happens: NaN becomes one more column of counts. Rows are all of one length again, so that the guard of fleiss_kappa is content.
# Seen: answers by chance, half of the items not answered by anybody: kappa goes from 0.00 to 0.60. Everybody who answered agrees and each
#   item lacks one of three answers: kappa 0.0, the counts of the answers alone 1.0. The category nan stands in the second value returned.
# Date: 2026-11-28. The documentation (v0.15.0) says nothing of missing answers.
# Why it matters: a pivot of answers, items by people, is full of NaN: with an overlap of 3 out of 10 people most of its cells are.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
cd "$room"
cat >try.py <<'EOF'
import numpy as np
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

nan = np.nan
chance = np.random.default_rng(0).integers(0, 2, (100, 5)).astype(float)
half = chance.copy()
half[50:] = nan
print("chance, the 50 answered:", round(fleiss_kappa(aggregate_raters(chance[:50])[0]), 2))
print("chance, 50 more items without an answer:", round(fleiss_kappa(aggregate_raters(half)[0]), 2))
agreed = np.array([[0, 0, nan], [1, 1, nan], [0, nan, 0], [nan, 1, 1]] * 10)
counts, categories = aggregate_raters(agreed)
print("agreed, categories:", categories.tolist())
print("agreed, as counted:", round(abs(fleiss_kappa(counts)), 2))
print("agreed, answers only:", round(fleiss_kappa(counts[:, :2]), 2))
EOF
cat >seen.txt <<'EOF'
chance, the 50 answered: 0.0
chance, 50 more items without an answer: 0.6
agreed, categories: [0.0, 1.0, nan]
agreed, as counted: 0.0
agreed, answers only: 1.0
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
