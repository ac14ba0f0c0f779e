#!/usr/bin/env bash
# duckdb 2.0.1 with pyarrow 26.0.1: a column of arrays of a fixed length with one NULL, written to parquet, is read by DuckDB and by
#   Polars, and refused by Arrow.
#
# One would guess: parquet has no arrays of a fixed length, so the column is written as the list that its schema says it is, and whoever
#   reads lists reads it.
# What happens: without a NULL Arrow reads the file. With one, first, last or alone, it raises ArrowInvalid: "Length spanned by list
#   offsets (8) larger than values array (length 6)" for three rows of three numbers, one of them NULL: the NULL spans two. The other columns
#   of the file are fine when they are asked for by name. Cast to a list (FLOAT[]) before writing, all is read by everybody.
# Seen: what is below; datasets and pandas read by Arrow.
# Date: 2026-11-30.
# Why it matters: FLOAT[384] is how DuckDB keeps embeddings, and an item whose picture was broken has none. The file opens where it was made,
#   and nowhere that items are labeled. Give it as a list, or leave the column out.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1 polars==2.1.0
cd "$room"
cat >try.py <<'EOF'
import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = "SELECT 1 AS item, [1, 2, 3]::{0} AS embedding UNION ALL SELECT 2, {1} UNION ALL SELECT 3, [7, 8, 9]::{0}"


def by_arrow(name, **how):
    try:
        return [row.get("embedding", "not asked for") for row in pq.read_table(name, **how).to_pylist()]
    except pa.ArrowInvalid as error:
        return f"ArrowInvalid: {error}"


for what, type_, middle in (
    ("no null", "FLOAT[3]", "[4, 5, 6]::FLOAT[3]"), ("a null", "FLOAT[3]", "NULL"), ("as a list", "FLOAT[]", "NULL")
):
    name = f"{what}.parquet"
    duckdb.sql(f"COPY ({ROWS.format(type_, middle)}) TO '{name}'")
    print(f"{what}: arrow ", by_arrow(name))
    print(f"{what}: polars", polars.read_parquet(name)["embedding"].to_list())
    print(f"{what}: duckdb", [list(row) if (row := one[0]) else None for one in duckdb.sql(f"SELECT embedding FROM '{name}'").fetchall()])
print("the other column:", by_arrow("a null.parquet", columns=["item"]))
print("the schema:", pq.read_schema("a null.parquet").field("embedding").type)
EOF
cat >seen.txt <<'EOF'
no null: arrow  [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
no null: polars [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
no null: duckdb [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
a null: arrow  ArrowInvalid: Length spanned by list offsets (8) larger than values array (length 6)
a null: polars [[1.0, 2.0, 3.0], None, [7.0, 8.0, 9.0]]
a null: duckdb [[1.0, 2.0, 3.0], None, [7.0, 8.0, 9.0]]
as a list: arrow  [[1.0, 2.0, 3.0], None, [7.0, 8.0, 9.0]]
as a list: polars [[1.0, 2.0, 3.0], None, [7.0, 8.0, 9.0]]
as a list: duckdb [[1.0, 2.0, 3.0], None, [7.0, 8.0, 9.0]]
the other column: ['not asked for', 'not asked for', 'not asked for']
the schema: list<element: float>
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
