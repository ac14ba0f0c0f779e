"""What machines say where answers are weighed by evidence, and what gold has proven of them (decision 0093)."""

from collections import Counter
from collections.abc import Mapping

import orjson

from labeling.consensus import MachineBallots
from labeling.db.raw_rows import fetch
from labeling.kinds import kind_of
from labeling.models import Machine, MachineVotes, Project
from labeling.selectors.label_names import label_names
from labeling.selectors.machines.listing import newest_version

#: Of the pool, said before anybody answered: what was said later may have been learned from the answers, and then it
#: votes for what it was told. Not where somebody was shown a suggestion, nor where the truth is known.
_VOTES = """SELECT p.item_id, CAST(p.answer AS TEXT) FROM labeling_prediction p
    JOIN labeling_item i ON i.id = p.item_id
    WHERE p.version_id = %s AND i.split = 'pool'
    AND NOT EXISTS (SELECT 1 FROM labeling_knownanswer k WHERE k.item_id = p.item_id)
    AND NOT EXISTS (SELECT 1 FROM labeling_annotation a LEFT JOIN labeling_suggestion g ON g.task_id = a.task_id
        WHERE a.item_id = p.item_id AND (a.created_at <= p.created_at OR g.shown)) ORDER BY p.item_id"""
#: Gold that was made after the prediction: of what was known before it may be the echo.
_GOLD = """SELECT CAST(p.answer AS TEXT), CAST(k.answer AS TEXT) FROM labeling_knownanswer k
    JOIN labeling_prediction p ON p.item_id = k.item_id
    WHERE k.project_id = %s AND p.version_id = %s AND p.created_at < k.made_at"""


def machine_ballots(
    project: Project, item_numbers: Mapping[int, int], label_numbers: Mapping[str, int]
) -> list[MachineBallots]:
    """Of each machine at work the version it predicts under, where the project lets machines vote; those that say
    nothing of these items are left out. Items by number, labels by identity."""
    if project.machine_votes != MachineVotes.ON:
        return []
    read_text, labels_of = label_names(project).read_text, kind_of(project).labels_of

    def number(stored: str) -> int | None:
        text = read_text(stored)
        return None if text is None else label_numbers.get(labels_of(orjson.loads(text))[0])

    found = []
    for machine in Machine.objects.at_work().filter(project=project).order_by("name"):
        version = newest_version(machine)
        said = [(item_numbers.get(item), number(stored)) for item, stored in fetch(_VOTES, [version.pk])]
        votes = [(item, label) for item, label in said if item is not None and label is not None]
        tested = [(number(told), number(true)) for told, true in fetch(_GOLD, [project.pk, version.pk])]
        truths = Counter(true for _, true in tested if true is not None)
        right = sum(told == true for told, true in tested if true is not None)
        n_gold = truths.total()
        commonest = truths.most_common(1)[0][1] / n_gold if n_gold else 1.0
        if votes:
            items, labels = zip(*votes, strict=True)
            found.append(MachineBallots(str(version), items, labels, right, n_gold, commonest))
    return found
