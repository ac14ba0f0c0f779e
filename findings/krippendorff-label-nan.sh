#!/usr/bin/env bash
# krippendorff 0.9.0: the label "nan" is a missing answer; where value_domain names it, missing answers (NaN) become that label.
#
# One would guess: NaN is missing, and the text "nan" is a label like another.
# What happens: lists of texts become one NumPy array of texts, in which NaN reads "nan". The two cannot be told apart any more: without
#   value_domain both are missing, with a value_domain that names it both are the label. No word about it either way.
# Seen: people who disagree about nothing but the label nan: alpha 1.0, and 0.08 with that label spelled hok (or the domain named). People
#   who agree in everything, three answers missing: 1.0, and 0.51 with the domain named. So neither way is right for a label called nan.
# Date: 2026-11-28. The documentation says that missing answers are NaN.
# Why it matters: "nan" is the ISO 639-3 code of Southern Min Chinese. A data set for telling languages apart has it as a label.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check krippendorff==0.9.0 numpy==2.4.6
cd "$room"
cat >try.py <<'EOF'
import krippendorff
import numpy as np


def alpha(rows, **more):
    return round(krippendorff.alpha(rows, level_of_measurement="nominal", **more), 2)


def spelled(rows):
    return [["hok" if label == "nan" else label for label in row] for row in rows]


contested = [["cmn", "yue", "nan", "cmn", "yue", "nan"], ["cmn", "yue", "cmn", "nan", "nan", "yue"]]
agreed = [["cmn", "yue", "nan", "cmn", "yue", "nan"], ["cmn", "yue", "nan", np.nan, np.nan, np.nan]]
for name, rows in (("nan contested", contested), ("agreed, three missing", agreed)):
    named = alpha(rows, value_domain=["cmn", "nan", "yue"])
    print(f"{name}: nan {alpha(rows)}, nan named {named}, hok {alpha(spelled(rows))}")
EOF
cat >seen.txt <<'EOF'
nan contested: nan 1.0, nan named 0.08, hok 0.08
agreed, three missing: nan 1.0, nan named 0.51, hok 1.0
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
