"""Answers the questions of a project by a script that knows the answers, as a person does: one question at a time.

    export QUERENT_TOKEN=…
    python examples/label_by_a_script.py --answers 100        # a csv of id and label may be given, and a --slug

An oracle like this one shows what the queue asks for, and how soon a model is good. Answers are those of the token's
owner: give a script an account of its own, so that its answers can be told from people's and left out.
"""

import argparse
import csv
from itertools import islice
from pathlib import Path

from querent_client import Client

ANSWERS = Path(__file__).parent.parent / "samples" / "texts" / "true-labels.csv"


def labels_by_id(path: Path) -> dict[str, str]:
    """Label by external id."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["id"]: row["label"] for row in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers questions by a file of known answers.")
    parser.add_argument("file", type=Path, nargs="?", default=ANSWERS)
    parser.add_argument("--slug", default="messages")
    parser.add_argument("--answers", type=int, default=100)
    given = parser.parse_args()
    labels = labels_by_id(given.file)
    with Client.from_environment() as querent:
        project = querent.project(given.slug)
        # a question tells nothing that could bias an answer, so no external id: the items say which is which
        known = {item["id"]: labels.get(item.get("external_id") or "") for item in project.items()}
        answered = skipped = 0
        for task in islice(project.tasks, given.answers):
            label = known.get(task["item"]["id"])
            if label is None:
                project.tasks.skip(task, "unclear")
                skipped += 1
            else:
                project.tasks.answer(task, {"label": label})
                answered += 1
        print(f"{answered} answers, {skipped} skipped")
        run = project.runs.start(timeout_s=300)
        print(f"run {run['state']}: {run.get('reason')}")


if __name__ == "__main__":
    main()
