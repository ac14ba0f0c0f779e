#!/usr/bin/env bash
# statsmodels 0.15.0: OrderedModel learns nothing from an ordered scale of which one step in the middle was never used.
#
# One would guess: the unused step gets probability 0 and the rest is as without it; or it is refused.
# What happens: the fit begins at thresholds from the observed shares; two of them are equal there, which is minus infinity in the model's
#   own parameters, and the optimizer stays where it began. Slopes are exactly 0, everybody gets the shares of the whole, and the
#   result object comes as always; what says so are a ConvergenceWarning and mle_retvals.
# Seen: 400 ratings on a scale of six of which nobody gave the fourth, as pandas ordered categories: slopes 0.0 and 0.0, log-likelihood -630.17.
#   The same ratings as whole numbers (the unused step is then unknown to the model): slopes 1.21 and -1.37, -506.70.
# Date: 2026-11-29. The docstring (v0.15.0) prefers ordered categories and names no such case.
# Why it matters: early in a project, and in every small eval split, some step has no answer yet. Ordered categories are how a scale is kept.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
cd "$room"
cat >try.py <<'EOF'
import numpy as np
import pandas as pd
from statsmodels.miscmodels.ordinal_model import OrderedModel

rng = np.random.default_rng(0)
features = rng.normal(size=(400, 2))
steps = np.digitize(features @ [1.0, -1.0] + rng.logistic(size=400), [-1.5, -0.5, 0.5, 1.5])
steps = np.where(steps >= 3, steps + 1, steps)  # nobody gave 3
scale = pd.Series(pd.Categorical(steps, categories=range(6), ordered=True))
for name, given in (("ordered categories", scale), ("whole numbers", steps)):
    found = OrderedModel(given, features, distr="logit").fit(method="bfgs", disp=False)
    slopes = (np.round(np.asarray(found.params)[:2], 2) + 0.0).tolist()
    print(f"{name}: slopes {slopes}, log-likelihood {found.llf:.2f}, converged {bool(found.mle_retvals['converged'])}")
EOF
cat >seen.txt <<'EOF'
ordered categories: slopes [0.0, 0.0], log-likelihood -630.17, converged False
whole numbers: slopes [1.21, -1.37], log-likelihood -506.70, converged True
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
