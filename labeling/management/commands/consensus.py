"""``consensus SLUG`` writes what people's answers come to, by the rule there is evidence for."""

import csv
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.models import Project
from labeling.selectors.consensus_by_evidence import NotWeighed, weighed

COLUMNS = (
    "external_id",
    "item_id",
    "split",
    "label",
    "votes",
    "confidence",
    "confidence_is",
    "rule",
    "rule_version",
    "machine_votes",
)


class Command(BaseCommand):
    help = "Writes a csv with a label for every answered item, by the majority or a rule that gold shows to be better."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument(
            "--gold", type=Path, help="A csv with the columns id and label: more items whose truth is known."
        )
        parser.add_argument("--out", type=Path, help="Where to write; the terminal when left out.")

    def handle(self, *args: Any, slug: str, gold: Path | None, out: Path | None, **options: Any) -> None:
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise CommandError(f"No such project: {slug}")
        try:
            found, rows = weighed(project, _gold_in(gold) if gold else ())
        except NotWeighed as why:
            raise CommandError(str(why)) from why
        sort = "probability" if found.is_probability else "order"
        with out.open("w", encoding="utf-8", newline="") if out else nullcontext(self.stdout) as target:
            table = csv.writer(target)
            table.writerow(COLUMNS)
            for row in rows:
                label = "" if row.label is None else row.label
                start = (row.external_id or "", row.item_id, row.split, label, row.votes)
                table.writerow((*start, f"{row.confidence:.4f}", sort, found.rule, found.version, row.machine_votes))
        self.stderr.write(found.reason)


def _gold_in(path: Path) -> list[tuple[str, str]]:
    """Raises CommandError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError) as why:
        raise CommandError(f"{path} cannot be read: {why}") from why
    if not rows or not {"id", "label"} <= rows[0].keys():
        raise CommandError(f"{path} has no columns id and label.")
    return [(row["id"], row["label"]) for row in rows if row["label"]]
