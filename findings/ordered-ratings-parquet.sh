#!/usr/bin/env bash
# pandas 3.1.1, polars 2.1.0, duckdb 2.0.1, pyarrow 26.0.1: the highest of the ratings low < mid < high is "high" or "mid", by reader.
#
# One would guess: an ordered categorical keeps its order, or becomes text with a word about it, alike for a frame and for its file.
# What happens: duckdb makes an ENUM in the right order of the frame, and text of its parquet file. polars makes a Categorical of both,
#   which compares as text: "high" < "low" < "mid". An Enum that polars wrote is an Enum again when polars reads it, and
#   pandas reads it in order; saved once more by pandas the file still says that it is ordered, and polars does not look.
# Seen: max() is high, high, mid, mid, mid; "at least mid" keeps 1 row of 2 in polars.
# Date: 2026-11-28 (pola-rs/polars issue 14709 asks for Enums here, open then).
# Why it matters: ratings are ordered labels. A filter on them keeps other rows according to who reads the file, and nothing fails.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 polars==2.1.0 polars-runtime-32==2.1.0 duckdb==2.0.1 pyarrow==26.0.1 numpy==2.4.6
cd "$room"
cat >try.py <<'EOF'
import duckdb
import pandas as pd
import polars as pl

frame = pd.DataFrame({"rating": pd.Categorical(["low", "high", "mid", "low"], ["low", "mid", "high"], ordered=True)})
frame.to_parquet("ratings.parquet")
print("pandas, its file:", pd.read_parquet("ratings.parquet").rating.max())
print("duckdb, the frame:", duckdb.sql("SELECT max(rating) FROM frame").fetchall()[0][0])
print("duckdb, the file:", duckdb.sql("SELECT max(rating) FROM 'ratings.parquet'").fetchall()[0][0])
for name, read in (("frame", pl.from_pandas(frame)), ("file", pl.read_parquet("ratings.parquet"))):
    print(f"polars, the {name}:", read["rating"].max(), read.filter(pl.col("rating") >= "mid").height, "at least mid")
pl.DataFrame({"rating": ["low", "high", "mid"]}, schema={"rating": pl.Enum(["low", "mid", "high"])}).write_parquet("enum.parquet")
print("polars, its Enum:", pl.read_parquet("enum.parquet")["rating"].max())
again = pd.read_parquet("enum.parquet")
print("pandas, that Enum:", again.rating.max())
again.to_parquet("again.parquet")
print("polars, that Enum saved by pandas:", pl.read_parquet("again.parquet")["rating"].max())
EOF
cat >seen.txt <<'EOF'
pandas, its file: high
duckdb, the frame: high
duckdb, the file: mid
polars, the frame: mid 1 at least mid
polars, the file: mid 1 at least mid
polars, its Enum: high
pandas, that Enum: high
polars, that Enum saved by pandas: mid
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
