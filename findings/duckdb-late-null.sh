#!/usr/bin/env bash
# duckdb 2.0.1: read_json reads every value of a column as NULL when its first 20,480 rows are null.
#
# One would guess: an error, as for any other value that does not fit the type taken from the sample, or the type JSON, which takes
#   anything (duckdb/duckdb issue 17126 quotes it as the intention that the reader never detects the type NULL).
# What happens: the column gets the type NULL and every later text is read as NULL, without a word. One filled row inside the sample and
#   all are read. A field that is *absent* from those rows is the opposite: SELECT * raises (count(*) and GROUP BY of others do not).
# Seen: 5,000 names, none of them read; with sample_size=-1 all 5,000.
# Date: 2026-11-28.
# Why it matters: seed labels carry "annotator": null and come first. "How many answers did people give" is 0, and looks like a result.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1
cd "$room"
cat >try.py <<'EOF'
import json

import duckdb


def write(name, first_filled, early):
    with open(f"{name}.jsonl", "w") as file:
        for number in range(30_000):
            late = {"annotator": f"person-{number % 7}"} if number >= first_filled else early
            file.write(json.dumps({"item_id": number, "label": "cat", **late}) + "\n")


def ask(question):
    try:
        return duckdb.sql(question).fetchall()
    except duckdb.InvalidInputException as error:
        return "raises, unknown key" if "unknown key" in str(error) else str(error)


write("late", 25_000, {"annotator": None})
write("in sample", 20_479, {"annotator": None})
write("past sample", 20_480, {"annotator": None})
write("absent", 25_000, {})
for name in ("late", "in sample", "past sample"):
    print(name, ask(f"SELECT count(annotator), any_value(typeof(annotator)) FROM read_json('{name}.jsonl')"))
print("whole file", ask("SELECT count(annotator), any_value(typeof(annotator)) FROM read_json('late.jsonl', sample_size=-1)"))
print("absent", ask("SELECT * FROM read_json('absent.jsonl')"))
print("absent", ask("SELECT label, count(*) FROM read_json('absent.jsonl') GROUP BY label"))
EOF
cat >seen.txt <<'EOF'
late [(0, '"NULL"')]
in sample [(9521, 'VARCHAR')]
past sample [(0, '"NULL"')]
whole file [(5000, 'VARCHAR')]
absent raises, unknown key
absent [('cat', 30000)]
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
