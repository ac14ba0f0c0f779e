#!/usr/bin/env bash
# irrCAC 0.4.4: a ten-step rating that was read as texts has its steps in the order of the alphabet, and weighed agreement is about another scale.
#
# One would guess: with weights for an ordered scale the steps are ordered as numbers, or texts are refused, or a warning says what order was taken.
# What happens: the categories are the sorted values. Texts sort as 1, 10, 2, ..., 9, so a 10 beside a 9 is the largest possible disagreement.
#   Every weighed coefficient changes and nothing says so. With nine steps or fewer texts and numbers agree, and so does the unweighed coefficient.
#   Naming the categories in their order gives the right value again.
# Seen: as below.
# Date: 2026-11-30.
# Why it matters: ratings come out of csv files and JSON as texts. Of the same twelve pairs of answers, of which three differ by one step, alpha is .93 or
#   .60: the second one is below what most guidelines ask for before labels may be used.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check irrCAC==0.4.4 pandas==2.3.3 numpy==1.26.4 scipy==1.12.0
cd "$room"
cat >try.py <<'EOF'
import pandas as pd
from irrCAC.raw import CAC

ten = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9), (10, 9), (9, 10), (1, 2)]
nine = [(min(one, 9), min(other, 9)) for one, other in ten]


def alpha(pairs, of, **more):
    answers = pd.DataFrame([[of(one), of(other)] for one, other in pairs], columns=["ann", "bob"])
    return round(float(CAC(answers, **more).krippendorff()["est"]["coefficient_value"]), 3)


for name, pairs in (("nine", nine), ("ten", ten)):
    for weights in ("identity", "linear"):
        print(name, "steps,", weights, "weights: as numbers", alpha(pairs, int, weights=weights), "as texts", alpha(pairs, str, weights=weights))
in_order = [str(step) for step in range(1, 11)]
print("ten steps, texts with their order named:", alpha(ten, str, weights="linear", categories=in_order))
EOF
cat >seen.txt <<'EOF'
nine steps, identity weights: as numbers 0.908 as texts 0.908
nine steps, linear weights: as numbers 0.976 as texts 0.976
ten steps, identity weights: as numbers 0.732 as texts 0.732
ten steps, linear weights: as numbers 0.931 as texts 0.596
ten steps, texts with their order named: 0.931
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
