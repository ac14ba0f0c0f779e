#!/usr/bin/env bash
# mlcroissant 1.1.1: two properties of the Croissant RAI vocabulary are not read under the names that the vocabulary gives them.
#
# One would guess: the reference library reads rai:dataCollectionTimeframe and rai:dataManipulationProtocol as the RAI specification spells them,
#   or says that it does not know the property.
# What happens: it looks for dataCollectionTimeFrame and dataDataManipulationProtocol. Under the specified names both attributes are None,
#   validation reports no error and no warning; under its own names both are read. The other properties agree (annotationsPerItem is shown).
# Seen: as below.
# Date: 2026-11-29.
# Why it matters: these say when labels were given and how rows were changed or left out. A data set whose file is right by the specification
#   loses them for every consumer that reads by the library, without a word.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check mlcroissant==1.1.1
cd "$room"
cat >try.py <<'EOF'
import datetime
import json

import mlcroissant as mlc

context = mlc.Context(conforms_to="http://mlcommons.org/croissant/1.1")
about = dict(name="a", description="b", license="c", url="https://example.org/a", cite_as="d", version="1.0.0")
plain = mlc.Metadata(ctx=context, date_published=datetime.datetime(2026, 1, 1), **about).to_json()
plain = json.loads(json.dumps(plain, default=str))
for name, value, attribute in (
    ("dataCollectionTimeframe", "2026-01-01", "data_collection_timeframe"),
    ("dataCollectionTimeFrame", "2026-01-01", "data_collection_timeframe"),
    ("dataManipulationProtocol", "none", "data_manipulation_protocol"),
    ("dataDataManipulationProtocol", "none", "data_manipulation_protocol"),
    ("annotationsPerItem", "2", "annotations_per_item"),
):
    with open("croissant.json", "w") as file:
        json.dump({**plain, f"rai:{name}": value}, file)
    read = mlc.Dataset(jsonld="croissant.json").metadata
    issues = len(read.ctx.issues.errors) + len(read.ctx.issues.warnings)
    print(name, "is", "not read" if getattr(read, attribute) is None else "read", "issues:", issues)
EOF
cat >seen.txt <<'EOF'
dataCollectionTimeframe is not read issues: 0
dataCollectionTimeFrame is read issues: 0
dataManipulationProtocol is not read issues: 0
dataDataManipulationProtocol is read issues: 0
annotationsPerItem is read issues: 0
EOF
venv/bin/python -W ignore try.py 2>errors.txt | tee now.txt || tail -3 errors.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
