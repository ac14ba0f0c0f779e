#!/usr/bin/env bash
# argilla 2.8.0: a record as a dict does not say whether a response was submitted, is a draft or was discarded.
#
# One would guess: Record.to_dict, which Records.to_json writes line for line, keeps all of a record; from_dict gives it back.
# What happens: a response is written as its value and its user alone. Submitted, draft and discarded are the same bytes, and read back every
#   response has the status None.
# Seen: as below.
# Date: 2026-11-29.
# Why it matters: a discarded response is somebody who took the answer back or would not judge the record. Whoever moves a project by its JSON
#   file, to another server or another tool, counts those as answers; Querent does, and says how many it read.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check argilla==2.8.0 requests==2.34.2
cd "$room"
cat >try.py <<'EOF'
import uuid

from argilla import Record, Response

written = []
for status in ("submitted", "draft", "discarded"):
    response = Response("spam", "yes", uuid.UUID(int=1), status=status)
    written.append(Record(id="r", fields={"text": "a"}, responses=[response]).to_dict())
    print(status, written[-1]["responses"], Record.from_dict(written[-1]).responses["spam"][0].status)
print("all the same:", written[0] == written[1] == written[2])
EOF
cat >seen.txt <<'EOF'
submitted {'spam': [{'value': 'yes', 'user_id': '00000000-0000-0000-0000-000000000001'}]} None
draft {'spam': [{'value': 'yes', 'user_id': '00000000-0000-0000-0000-000000000001'}]} None
discarded {'spam': [{'value': 'yes', 'user_id': '00000000-0000-0000-0000-000000000001'}]} None
all the same: True
EOF
venv/bin/python -W ignore try.py 2>/dev/null | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
