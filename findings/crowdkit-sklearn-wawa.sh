#!/usr/bin/env bash
# crowd-kit 1.4.2 with scikit-learn 1.9.1: two of its rules of consensus fit and then cannot predict.
#
# One would guess: what pip puts together without a complaint works, or fails at import.
# What happens: Wawa and ZeroBasedSkill ask scikit-learn whether they are fitted; it wants the tags of its own estimators, which the classes
#   do not have: AttributeError. fit() passes. MajorityVote and DawidSkene do not ask and go on.
# Seen: as below; crowd-kit names no upper bound for scikit-learn.
# Date: 2026-11-28.
# Why it matters: agreement with the aggregate (Wawa) is the usual next step after the majority; a pipeline breaks by an upgrade next door.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check crowd-kit==1.4.2 scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6
cd "$room"
cat >try.py <<'EOF'
import pandas as pd
from crowdkit.aggregation import DawidSkene, MajorityVote, Wawa, ZeroBasedSkill

answers = pd.DataFrame(
    [(person, item, "no" if (i + j) % 4 == 0 else "yes") for i, person in enumerate("abc") for j, item in enumerate("stuv")],
    columns=["worker", "task", "label"],
)
for rule in (MajorityVote, DawidSkene, Wawa, ZeroBasedSkill):
    fitted = rule().fit(answers)
    try:
        print(rule.__name__, "fitted:", type(fitted).__name__, "then", rule().fit_predict(answers).to_dict())
    except AttributeError as error:
        print(rule.__name__, "fitted:", type(fitted).__name__, "then AttributeError, tags:", "__sklearn_tags__" in str(error))
EOF
cat >seen.txt <<'EOF'
MajorityVote fitted: MajorityVote then {'s': 'yes', 't': 'yes', 'u': 'yes', 'v': 'yes'}
DawidSkene fitted: DawidSkene then {'s': 'yes', 't': 'yes', 'u': 'yes', 'v': 'yes'}
Wawa fitted: Wawa then AttributeError, tags: True
ZeroBasedSkill fitted: ZeroBasedSkill then AttributeError, tags: True
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
