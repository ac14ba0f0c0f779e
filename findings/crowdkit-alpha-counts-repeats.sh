#!/usr/bin/env bash
# crowd-kit 1.4.2: Krippendorff's alpha takes a person's second answer to the same item for another person's.
#
# One would guess: agreement is between people. The table says in a column of its own who answered, so one person's answers to one item are one
#   voice, or are refused.
# What happens: the column is not read. An item that one person answered twice the same way counts as two people who agree; the same items with
#   everybody called by one name give the same alpha as with different people.
# Seen: as below.
# Date: 2026-11-30.
# Why it matters: good projects ask people some items again to see whether they are of one mind with themselves. With these answers in the table
#   the agreement between people rises by nothing that other people said, most where somebody was asked often.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check crowd-kit==1.4.2 scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6
cd "$room"
cat >try.py <<'EOF'
import pandas as pd
from crowdkit.metrics.data import alpha_krippendorff

columns = ["worker", "task", "label"]
once = pd.DataFrame(
    [("ann", n, "yes" if n % 2 else "no") for n in range(8)] + [("bob", n, "yes" if n % 2 or n == 0 else "no") for n in range(7)] + [("bob", 7, "no")],
    columns=columns,
)
asked_again = once[(once.worker == "ann") & (once.task > 3)]
everything = pd.concat([once, asked_again, asked_again])
print("two people, every item once:", round(alpha_krippendorff(once), 3))
print("ann was asked four of them twice again and says the same:", round(alpha_krippendorff(everything), 3))
print("without the repeats:", round(alpha_krippendorff(everything.drop_duplicates(["worker", "task"])), 3))
print("everybody called by one name:", round(alpha_krippendorff(once.assign(worker="ann")), 3))
EOF
cat >seen.txt <<'EOF'
two people, every item once: 0.531
ann was asked four of them twice again and says the same: 0.681
without the repeats: 0.531
everybody called by one name: 0.531
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
