"""Brings a csv with labels into a new project.

    export QUERENT_TOKEN=…                            # made on the page “API tokens”
    python examples/bring_in_a_data_set.py            # the 300 messages beside this file, 60 of them labeled
    python examples/bring_in_a_data_set.py mine.csv --slug mine

The csv has a column ``text``; ``id`` and ``label`` are known too, all other columns are kept with the item. A label
that comes with the data is known data and no person's answer: the item is still asked about.
"""

import argparse
import csv
from itertools import islice
from pathlib import Path

from querent_client import Client

HERE = Path(__file__).parent
MAX_LABELS = 1000


def labels_of(path: Path) -> list[str]:
    """The different labels of the file, in the order in which they come."""
    with path.open(newline="", encoding="utf-8") as file:
        found = dict.fromkeys(row["label"] for row in csv.DictReader(file) if row.get("label"))
    return list(islice(found, MAX_LABELS))


def say(what: str, done: int, total: int | None) -> None:
    """How far the import is; ``progress=True`` draws bars instead (with tqdm)."""
    print(f"{what}: {done:,}" + (f" of {total:,}" if total is not None else ""))


def main() -> None:
    parser = argparse.ArgumentParser(description="Brings a csv with labels into a new project.")
    parser.add_argument("file", type=Path, nargs="?", default=HERE / "messages.csv")
    parser.add_argument("--slug", default="messages")
    given = parser.parse_args()
    with Client.from_environment() as querent:
        project = querent.create_project(
            slug=given.slug,
            name=given.slug.replace("-", " ").capitalize(),
            kind="classification",
            modality="text",
            labels=labels_of(given.file) or ["ham", "spam"],
            purpose="Tell unwanted advertising from real messages.",
            settings={"eval_share": 0.4},  # of few labels many must measure: on a dozen, chance says what is good
        )
        done = project.imports.file(given.file, progress=say)
        print(
            f"{done['accepted']} items are in, {done['duplicates']} were there already, {done['rejected']} do not fit:"
        )
        for rejection in islice(project.imports.rejections(done["id"]), 20):
            print(f"  row {rejection['row']}: {rejection['reason']}")


if __name__ == "__main__":
    main()
