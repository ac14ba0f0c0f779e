#!/usr/bin/env bash
# numpy 2.4.6: weighed counts of nothing are integers.
#
# One would guess: bincount with weights of floats gives floats, however many answers there are.
# What happens: with none it gives zeros of int64, whatever the weights are, an empty array of floats among them. To divide them in place
#   (counts /= counts.sum() + 1) then raises, and to add a share in place raises too; with a single answer both work.
# Seen: as below.
# Date: 2026-11-29.
# Why it matters: votes of people, weighed by their reliability, are counted label by label like this. A label, a person or a chunk that nobody
#   has answered about is the case that a test of full data never has. Querent's counts are float before they are touched.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
cd "$room"
cat >try.py <<'EOF'
import numpy as np

for answers in ([1], []):
    labels, weights = np.array(answers, dtype=np.int64), np.full(len(answers), 0.5)
    counts = np.bincount(labels, weights=weights, minlength=3)
    try:
        counts /= counts.sum() + 1.0
        came = counts.tolist()
    except TypeError as error:
        came = type(error).__name__
    print(len(answers), "answers:", weights.dtype, "weights,", counts.dtype, "counts, shares", came)
EOF
cat >seen.txt <<'EOF'
1 answers: float64 weights, float64 counts, shares [0.0, 0.3333333333333333, 0.0]
0 answers: float64 weights, int64 counts, shares UFuncTypeError
EOF
venv/bin/python try.py 2>/dev/null | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
