#!/usr/bin/env bash
# pyarrow 26.0.1 with pandas 3.1.1: installing pandas, as the error says one should, turns the error into a lost digit.
#
# One would guess: to_pylist() of a time of day in nanoseconds fails with and without pandas, or gives a value that holds the nanoseconds.
# What happens: without pandas times, timestamps and durations raise ValueError ("not safely convertible … Install pandas"). With pandas
#   timestamps and durations come as pandas' own, exact; a time64[ns] comes as datetime.time, cut to microseconds, without a word.
# Seen: as below; 1,001 and 1,999 ns after midnight become the same.
# Date: 2026-11-29.
# Why it matters: rows of parquet become records of an import by to_pylist(); ids or groups of such a column fall together, and whether they do
#   depends on what else is installed.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1
cd "$room"
cat >try.py <<'EOF'
import importlib.util

import pyarrow as pa

print("pandas", importlib.util.find_spec("pandas") is not None)
for kind in (pa.time64("ns"), pa.timestamp("ns"), pa.duration("ns")):
    try:
        print(kind, [str(each) for each in pa.array([1_001, 1_999], kind).to_pylist()])
    except ValueError as error:
        print(kind, "ValueError, names pandas:", "Install pandas" in str(error))
EOF
cat >seen.txt <<'EOF'
pandas False
time64[ns] ValueError, names pandas: True
timestamp[ns] ValueError, names pandas: True
duration[ns] ValueError, names pandas: True
pandas True
time64[ns] ['00:00:00.000001', '00:00:00.000001']
timestamp[ns] ['1970-01-01 00:00:00.000001001', '1970-01-01 00:00:00.000001999']
duration[ns] ['0 days 00:00:00.000001001', '0 days 00:00:00.000001999']
EOF
venv/bin/python -W ignore try.py | tee now.txt
venv/bin/pip install --quiet --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
venv/bin/python -W ignore try.py | tee -a now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
