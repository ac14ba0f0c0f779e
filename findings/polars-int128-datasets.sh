#!/usr/bin/env bash
# polars 2.1.0 with datasets 5.2.0 and pyarrow 26.0.1: a column of whole numbers that needs more than 64 bits cannot leave polars.
#
# One would guess: a column that polars reads is one that Arrow knows, so that datasets takes the frame, or polars refuses the number.
# What happens: polars makes the column an Int128 as soon as one value is 2^63 or more, keeps every digit, and hands it to Arrow under a format
#   that Arrow does not know: Dataset.from_polars raises ArrowInvalid. Below 2^63 all goes well.
# Seen: as below.
# Date: 2026-11-29.
# Why it matters: ids of other systems (snowflakes, hashes as numbers) are just that long; a pipeline from exported JSON lines over polars into
#   datasets works for a million rows and breaks with the first large id.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 datasets==5.2.0 pyarrow==26.0.1
cd "$room"
cat >try.py <<'EOF'
import io

import datasets
import polars as pl

for largest in (2**63 - 1, 2**63):
    lines = b'{"id": 7}\n{"id": %d}\n' % largest
    frame = pl.read_ndjson(io.BytesIO(lines), infer_schema_length=None)
    print(frame.schema["id"], frame["id"].to_list()[1] == largest)
    try:
        print(datasets.Dataset.from_polars(frame).features)
    except Exception as error:
        print(type(error).__name__, str(error).splitlines()[0])
EOF
cat >seen.txt <<'EOF'
Int64 True
{'id': Value('int64')}
Int128 True
ArrowInvalid Invalid or unsupported format string: '_pli128'
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
