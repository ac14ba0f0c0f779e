#!/usr/bin/env bash
# mord 0.7: OrdinalRidge and LAD, fitted on ratings from 1 to 5, predict 0.
#
# One would guess: an ordinal regressor answers with one of the steps it was fitted on, as LogisticAT of the same package does.
# What happens: what the linear model says is rounded and then kept between 0 and the greatest rating seen. Zero is the lower end whatever
#   the scale begins with. The same ratings counted from 0 stay on their scale.
# Seen: 400 ratings 1 to 5 from three features: a step 0 among the predictions of both; LogisticAT stays within 1 to 5. No warning.
# Date: 2026-11-29. The first example on the page of the package is a rating of 1 to 5 stars; no scale that begins with 0 is asked for.
# Why it matters: stars and Likert scales begin with 1. A rating of 0 that is written back as a suggestion is no answer of the project.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check mord==0.7 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$room"
cat >try.py <<'EOF'
import mord
import numpy as np

rng = np.random.default_rng(0)
features = rng.normal(size=(400, 3))
latent = features @ [1.0, -1.0, 0.5] + rng.logistic(size=400)
ratings = 1 + np.digitize(latent, [-1.5, -0.5, 0.5, 1.5])
print("given:", np.unique(ratings).tolist())
for regressor in (mord.LogisticAT, mord.OrdinalRidge, mord.LAD):
    steps = np.unique(regressor().fit(features, ratings).predict(features)).astype(int)
    print(f"{regressor.__name__}, from 1:", steps.tolist())
steps = np.unique(mord.OrdinalRidge().fit(features, ratings - 1).predict(features)).astype(int)
print("OrdinalRidge, from 0:", steps.tolist())
EOF
cat >seen.txt <<'EOF'
given: [1, 2, 3, 4, 5]
LogisticAT, from 1: [1, 2, 3, 4, 5]
OrdinalRidge, from 1: [0, 1, 2, 3, 4, 5]
LAD, from 1: [0, 1, 2, 3, 4, 5]
OrdinalRidge, from 0: [0, 1, 2, 3, 4]
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
