#!/usr/bin/env bash
# polars 2.1.0: read_ndjson loses a column that is rare at the top of the file.
#
# One would guess: a JSON Lines file holds what its rows hold; or, as for a column that is null at the top, an error.
# What happens: the columns are those of the rows at the top (issue 29330 says the first 100). A field that first appears later is left out without a word, however many
#   rows have it; the lazy scan_ndjson does the same. The same file with the field written as null in the early rows raises ComputeError.
# Seen: 5,000 names in rows 25,000 to 29,999; the frame has 30,000 rows and no column for them. infer_schema_length=None reads them.
# Date: 2026-11-28 (also reported: pola-rs/polars issue 29330, open then).
# Why it matters: seed labels without a person come first in a file, people's answers later: the column that says who answered is gone.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 polars-runtime-32==2.1.0
cd "$room"
cat >try.py <<'EOF'
import json

import polars as pl

for name, early in (("absent", {}), ("null", {"annotator": None})):
    with open(f"{name}.jsonl", "w") as file:
        for number in range(30_000):
            late = {"annotator": f"person-{number % 7}"} if number >= 25_000 else early
            file.write(json.dumps({"item_id": number, "label": "cat", **late}) + "\n")
    for read in (pl.read_ndjson, lambda path: pl.scan_ndjson(path).collect()):
        try:
            frame = read(f"{name}.jsonl")
        except pl.exceptions.ComputeError as error:
            print(name, "ComputeError", str(error).splitlines()[0].split(":")[0])
        else:
            print(name, frame.height, frame.columns)
    whole = pl.read_ndjson(f"{name}.jsonl", infer_schema_length=None)
    print(name, "all rows inferred:", whole["annotator"].count(), "names")
EOF
cat >seen.txt <<'EOF'
absent 30000 ['item_id', 'label']
absent 30000 ['item_id', 'label']
absent all rows inferred: 5000 names
null ComputeError got non-null value for NULL-typed column
null ComputeError got non-null value for NULL-typed column
null all rows inferred: 5000 names
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
