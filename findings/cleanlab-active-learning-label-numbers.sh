#!/usr/bin/env bash
# cleanlab 2.9.0: active learning scores of a crowd depend on which label is called 0.
#
# One would guess: get_active_learning_scores of the same answers and probabilities is the same when two labels swap their numbers.
# What happens: forty items on which three people and the model agree. With the frequent label called 0 the fitted temperature is .85; called 2
#   it is 7.25, the end of the search, and every score drops. An array of answers with gaps is one of floats, and of floats the counts of a label
#   are filled in from 0 on unless an item has every label: an answer 2 is counted as 0. With gaps nowhere the same happens once the array is float.
# Seen: as below.
# Date: 2026-11-29.
# Why it matters: the score says whether the next answer should go to a known item or to a new one; its temperature is fitted to answers that
#   nobody gave. Querent's own ActiveLab counts labels in their place, and equals cleanlab's scores at the temperature that cleanlab comes to.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check cleanlab==2.9.0 numpy==2.4.6 pandas==3.1.1 scikit-learn==1.9.1
cd "$room"
cat >try.py <<'EOF'
import numpy as np
from cleanlab.internal.multiannotator_utils import find_best_temp_scaler
from cleanlab.multiannotator import get_active_learning_scores

label = np.repeat([0, 1, 2], [34, 3, 3])
votes = np.repeat(label[:, None], 3, axis=1).astype(float)
votes[::2, 2] = np.nan
probs = np.full((40, 3), 0.1)
probs[np.arange(40), label] = 0.8
for names in ([0, 1, 2], [2, 1, 0]):
    name = np.array(names)
    renamed = np.where(np.isnan(votes), np.nan, name[np.nan_to_num(votes).astype(int)])
    moved = np.empty_like(probs)
    moved[:, name] = probs
    scores, _ = get_active_learning_scores(renamed, moved)
    temperature = float(find_best_temp_scaler(renamed, moved))
    print("labels", names, "temperature", round(temperature, 3), "scores", scores[[0, 1, 35, 38]].round(3).tolist())
EOF
cat >seen.txt <<'EOF'
labels [0, 1, 2] temperature 0.85 scores [0.804, 0.839, 0.839, 0.804]
labels [2, 1, 0] temperature 7.25 scores [0.647, 0.711, 0.711, 0.647]
EOF
venv/bin/python -W ignore try.py 2>/dev/null | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
