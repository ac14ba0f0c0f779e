#!/usr/bin/env bash
# datasets 5.2.0 with pyarrow 26.0.1: the Json feature gives texts back as what they would be as JSON.
#
# One would guess: Json() is the feature for a column of mixed values, and what went in comes out: the text "1" beside the number 2 stays a text.
# What happens: a text that parses as JSON is taken as encoded already and stored as it is; reading decodes it. "1" is the number 1, "true" is
#   True, "null" is None; "one" and "[1" stay texts. Nothing is said, from a file of JSON lines and from Python rows alike.
# Seen: as below.
# Date: 2026-11-29.
# Why it matters: JSON lines whose column holds texts and numbers get this feature by themselves; labels and answers that are called "1", "true"
#   or "null" then belong to another class, or to none, for some rows of one column and not for others.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1
cd "$room"
cat >try.py <<'EOF'
import json

import datasets

values = ["1", 2, "true", "null", "one", "[1"]
with open("rows.jsonl", "w") as file:
    file.writelines(json.dumps({"v": value}) + "\n" for value in values)
features = datasets.Features({"v": datasets.Json()})
options = {"data_files": "rows.jsonl", "split": "train", "cache_dir": "cache"}
print("went in  ", values)
print("by itself", datasets.load_dataset("json", **options).features["v"])
print("from file", datasets.load_dataset("json", features=features, **options)["v"][:])
print("from rows", datasets.Dataset.from_list([{"v": value} for value in values], features=features)["v"][:])
EOF
cat >seen.txt <<'EOF'
went in   ['1', 2, 'true', 'null', 'one', '[1']
by itself Json(decode=True)
from file [1, 2, True, None, 'one', '[1']
from rows [1, 2, True, None, 'one', '[1']
EOF
HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1 venv/bin/python -W ignore try.py 2>/dev/null | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
