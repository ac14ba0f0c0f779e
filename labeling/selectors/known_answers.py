"""Gold of items, and how people did by it: gold that most of them contradict may be what is wrong."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from labeling.db.insert import among_these
from labeling.db.raw_rows import fetch
from labeling.models import Project
from labeling.selectors.people.known import AT_RANDOM, BY_ITS_MAKER, judging
from labeling.selectors.people.rates import CountedShare, counted_share

#: Of so many people or more, when most of them were wrong, the gold itself is doubted.
LEAST_PEOPLE = 3


@dataclass(frozen=True)
class GoldAnswers:
    """Current answers of people to the item, and how many of them are right."""

    answers: int = 0
    right: int = 0

    @property
    def share(self) -> CountedShare | None:
        return counted_share(self.right, self.answers)

    @property
    def is_suspicious(self) -> bool:
        return self.answers >= LEAST_PEOPLE and 2 * self.right < self.answers


NOBODY_YET = GoldAnswers()


def answers_to_gold(project: Project, items: Collection[int] | None = None) -> Mapping[int, GoldAnswers]:
    """By item with a known answer what people said: of these items, or of all. Items nobody answered are absent, and
    those whose known answer nobody can give any more. Answers of people in quarantine do not speak here."""
    among, params = "", [project.pk]
    if items is not None:
        condition, parameter = among_these(list(items))
        among, params = f" AND k.item_id {condition}", [project.pk, parameter]
    sql = f"""
        SELECT k.item_id, k.answer, a.answer, COUNT(*)
        FROM labeling_knownanswer k
        JOIN labeling_annotation a ON a.item_id = k.item_id AND a.is_current AND a.answer IS NOT NULL
            AND a.annotator_id IS NOT NULL AND a.source = 'human'
        JOIN labeling_task t ON t.id = a.task_id AND {AT_RANDOM}
        LEFT JOIN labeling_member m ON m.user_id = a.annotator_id AND m.project_id = k.project_id
        WHERE k.project_id = %s{among} AND NOT {BY_ITS_MAKER} AND NOT COALESCE(m.is_quarantined, FALSE)
        GROUP BY k.item_id, k.answer, a.answer"""
    judge = judging(project)
    found: dict[int, GoldAnswers] = {}
    for item, truth, answer, n in fetch(sql, params):
        if (is_right := judge(truth, answer)) is not None:
            before = found.get(item, NOBODY_YET)
            found[item] = GoldAnswers(before.answers + n, before.right + n * is_right)
    return found


def suspicious(project: Project) -> list[int]:
    """Items whose known answer most people contradict."""
    return sorted(item for item, tested in answers_to_gold(project).items() if tested.is_suspicious)
