#!/usr/bin/env bash
# label-studio-sdk 2.1.2: "id" is the task's number in JSON-MIN and the data's own id in CSV, of one project.
#
# One would guess: the same column of two tables of one project holds the same, and a task's data come out under the names they went in by.
# What happens: in JSON-MIN the task's number takes the place of an "id" of the data, the answer that of a column called like its control, the
#   person that of "annotator", without a word. In CSV the data's id takes the place of the task's number, and a column called like the control
#   is kept as "_data_sentiment". The number stands where the data's id stood, so the columns behind it cannot be told from answers by their place.
# Seen: as below.
# Date: 2026-11-29.
# Why it matters: labels are joined back to rows by id. Joined on JSON-MIN's they belong to other rows wherever the data's ids are small numbers too.
#   Querent asks which column is the answer where the place does not tell, and says in the guide which id is which.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check label-studio-sdk==2.1.2
cd "$room"
cat >try.py <<'EOF'
import csv
import json
import os

from label_studio_sdk.converter import Converter

question = """<View><Text name="t" value="$text"/>
  <Choices name="sentiment" toName="t"><Choice value="good"/><Choice value="bad"/></Choices></View>"""


def task(number, answer, data):
    result = {"id": "r", "from_name": "sentiment", "to_name": "t", "type": "choices", "value": {"choices": [answer]}}
    times = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "lead_time": 3.0}
    person = {"id": 7, "email": "ann@example.org", "first_name": "", "last_name": ""}
    annotation = {"id": 50 + number, "completed_by": person, "was_cancelled": False, "result": [result], **times}
    return {"id": number, "data": data, "annotations": [annotation], "predictions": []}


tasks = [
    task(1, "good", {"id": 2, "text": "fine", "shop": "north", "sentiment": "three stars"}),
    task(2, "bad", {"id": 1, "text": "broken", "shop": "south", "sentiment": "one star"}),
]
with open("tasks.json", "w") as file:
    json.dump(tasks, file)
for form, name in (("JSON_MIN", "result.json"), ("CSV", "result.csv")):
    Converter(question, project_dir=".").convert("tasks.json", form, form, is_dir=False)
    with open(os.path.join(form, name)) as file:
        rows = json.load(file) if form == "JSON_MIN" else list(csv.DictReader(file))
    for row in rows:
        print(form, {column: row.get(column) for column in ("id", "text", "sentiment", "_data_sentiment")})
    if form == "JSON_MIN":
        names = list(rows[0])
        print("between id and annotator:", names[names.index("id") + 1 : names.index("annotator")])
EOF
cat >seen.txt <<'EOF'
JSON_MIN {'id': 1, 'text': 'fine', 'sentiment': 'good', '_data_sentiment': None}
JSON_MIN {'id': 2, 'text': 'broken', 'sentiment': 'bad', '_data_sentiment': None}
between id and annotator: ['text', 'shop', 'sentiment']
CSV {'id': '2', 'text': 'fine', 'sentiment': 'good', '_data_sentiment': 'three stars'}
CSV {'id': '1', 'text': 'broken', 'sentiment': 'bad', '_data_sentiment': 'one star'}
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
