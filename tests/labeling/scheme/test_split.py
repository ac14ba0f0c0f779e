"""A label becomes several: what was said of it is kept, counts for nothing, and is asked again of anybody."""

import pytest

from labeling.models import (
    Annotation,
    AskedAgain,
    AuditEvent,
    JobState,
    Member,
    Progress,
    Relabeling,
    SchemeChange,
    Split,
)
from labeling.selectors.agreement import agreement
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.label_scheme import restored_by, words_of
from labeling.selectors.recount import differences
from labeling.services.answers.record import LeaseLost, record_answer, take_back
from labeling.services.imports import run_import, start_import
from labeling.services.projects.manage import update_project
from labeling.services.projects.renames import rename_label
from labeling.services.scheme import relabel
from labeling.services.scheme.merge import merge_labels
from labeling.services.scheme.requests import preview_change
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from learning.families.labels.training_data import freeze
from learning.models import Run
from tests.factories import make_answer, make_items, make_project
from tests.labeling.scheme.changes import split_label, undo_change

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def project(people):
    """Four items: two *vehicle*, one *other*, one without an answer; by one person."""
    made = make_project(slug="traffic", labels=("vehicle", "other"), manager=people.manager)
    Member.objects.create(project=made, user=people.annotator, role="annotator")
    items = make_items(made, ["a", "b", "c", "d"])
    for item, label in zip(items, ("vehicle", "vehicle", "other"), strict=False):
        make_answer(item, people.annotator, {"label": label})
    return made


def rows(project, rows="annotations"):
    return list(export_rows(project, rows, Filters()))


def labels(project):
    return {row["external_id"]: row["label"] for row in rows(project, "items")}


def standing(project):
    return [(item.is_open, item.slots_taken, item.answers) for item in project.items.order_by("ordinal")]


def test_what_was_said_stays_counts_for_nothing_and_is_asked_again(project, people):
    change = split_label(people.manager, project, "vehicle", ["car", "lorry"], reason="too coarse")
    assert (change.number, change.operation, change.details) == (
        2, "split", {"from": "vehicle", "into": ["car", "lorry"]},
    )  # fmt: skip
    assert [(label.name, label.hotkey) for label in project.labels.in_use()] == [
        ("car", "1"), ("lorry", "3"), ("other", "2"),
    ]  # fmt: skip
    assert [row["answer"]["label"] for row in rows(project)] == ["vehicle (until version 1)"] * 2 + ["other"]
    assert labels(project) == {"row-2": "other"}
    assert standing(project) == [(True, 0, 0), (True, 0, 0), (False, 1, 1), (True, 0, 0)]
    assert set(AskedAgain.objects.values_list("item__ordinal", "times")) == {(0, 0), (1, 0)}
    assert Progress.objects.get(project=project).pool_open == 3
    job = Relabeling.objects.get()
    assert (job.state, job.changed, job.total, job.version) == (JobState.DONE, 2, 4, 2)
    frozen = freeze(Run(project=project, last_annotation_id=99_999, items_seen=4, changes_seen=0))
    assert (len(frozen.pool), dict(frozen.unknown)) == (1, {"vehicle": 2})
    assert AuditEvent.objects.get(action="project.labels_split").after["reason"] == "too coarse"
    assert list(differences(project)) == []


def test_who_had_answered_is_asked_again_and_is_counted_once(project, people):
    split_label(people.manager, project, "vehicle", ["car", "lorry"])
    tasks = next_tasks(people.annotator, project, 5)
    assert sorted(task.item.ordinal for task in tasks) == [0, 1, 3]
    by_item = {task.item.ordinal: task for task in tasks}
    record_answer(people.annotator, by_item[0].pk, {"label": "lorry"})
    assert labels(project) == {"row-0": "lorry", "row-2": "other"}
    said = {(row["item_id"], row["answer"]["label"]) for row in rows(project)}
    item = by_item[0].item
    assert [label for of, label in said if of == item.pk] == ["lorry"]
    history = list(Annotation.objects.filter(item=item).order_by("pk").values_list("answer", "is_current"))
    assert history == [({"label": "vehicle"}, False), (None, True), ({"label": "lorry"}, True)]
    assert Progress.objects.get(project=project).annotations == 3
    assert list(differences(project)) == []


def test_an_undo_restores_what_was_said_and_parts_that_were_given_are_the_whole_again(project, people):
    before = labels(project)
    split_label(people.manager, project, "vehicle", ["vehicle", "lorry"])  # its own name may be one of them
    asked = {task.item.ordinal: task for task in next_tasks(people.annotator, project, 5)}
    record_answer(people.annotator, asked[0].pk, {"label": "lorry"})
    undo_change(people.manager, project)
    assert labels(project) == before
    assert [of[2] for of in standing(project)] == [1, 0, 1, 0]  # the second is being asked just now
    record_answer(people.annotator, asked[1].pk, {"label": "vehicle"})
    assert labels(project) == before
    assert list(differences(project)) == []
    assert next(label.key for label in project.labels.in_use() if label.name == "vehicle") == ""
    undo_change(people.manager, project)  # and split again: only the answer that said which is known
    assert labels(project) == {"row-0": "lorry", "row-2": "other"}
    assert list(differences(project)) == []


def test_an_undo_leaves_it_to_who_was_asked_meanwhile(project, people):
    split_label(people.manager, project, "vehicle", ["car", "lorry"])
    taken = {task.item.ordinal: task for task in next_tasks(people.manager, project, 5)}
    record_answer(people.manager, taken[0].pk, {"label": "car"})
    undo_change(people.manager, project)
    assert labels(project) == {"row-0": "vehicle", "row-1": "vehicle", "row-2": "other"}
    assert standing(project)[:2] == [(False, 1, 1), (False, 1, 0)]  # the second is being asked just now
    assert list(differences(project)) == []


def test_the_page_of_before_answers_the_question_it_showed(project, people):
    old = people.annotator.tasks.order_by("pk").first()
    split_label(people.manager, project, "vehicle", ["car", "lorry"])
    recorded = record_answer(people.annotator, old.pk, {"label": "car"})
    assert (recorded.annotation.revision, labels(project)["row-0"]) == (2, "car")
    assert Progress.objects.get(project=project).annotations == 3
    assert list(differences(project)) == []
    other = people.annotator.tasks.order_by("pk")[1]
    take_back(people.annotator, other.pk)  # asked anew by the same question
    record_answer(people.annotator, other.pk, {"label": "lorry"})
    assert labels(project) == {"row-0": "car", "row-1": "lorry", "row-2": "other"}
    assert list(differences(project)) == []
    third = people.annotator.tasks.order_by("pk")[0]
    next_tasks(people.manager, project, 5)
    assert record_answer(people.annotator, third.pk, {"label": "car"}).annotation.revision == 2


def test_a_question_of_before_is_lost_to_who_took_the_place(project, people):
    old = people.annotator.tasks.order_by("pk").first()
    split_label(people.manager, project, "vehicle", ["car", "lorry"])
    next_tasks(people.manager, project, 5)
    with pytest.raises(LeaseLost):
        record_answer(people.annotator, old.pk, {"label": "car"})
    assert list(differences(project)) == []


def test_people_are_not_held_against_what_was_split(people):
    project = make_project(slug="two", overlap=2, labels=("a", "b"), manager=people.manager)
    Member.objects.create(project=project, user=people.annotator, role="annotator")
    for item in make_items(project, ["1", "2"], Split.EVAL):
        make_answer(item, people.manager, {"label": "a"}, reason="eval")
        make_answer(item, people.annotator, {"label": "a"}, reason="eval")
    split_label(people.manager, project, "a", ["a1", "a2"])
    assert agreement(project)["items"] == 0
    for task in next_tasks(people.annotator, project, 2):
        assert task.reason == "eval"  # what measures is a draw of the eval split, not a wish
        record_answer(people.annotator, task.pk, {"label": "a1"})
    assert agreement(project)["items"] == 0
    for task in next_tasks(people.manager, project, 2):
        record_answer(people.manager, task.pk, {"label": "a1"})
    assert (agreement(project)["items"], agreement(project)["percent"]) == (2, 1.0)
    assert list(differences(project)) == []


def test_of_several_labels_the_whole_answer_is_asked_again(people):
    project = make_project(slug="many", kind="multilabel", labels=("a", "x"), manager=people.manager)
    for item, names in zip(make_items(project, ["1", "2", "3"]), (["a", "x"], ["x"], []), strict=True):
        make_answer(item, people.manager, {"labels": names})
    split_label(people.manager, project, "a", ["b", "c"])
    assert labels(project) == {"row-1": ["x"], "row-2": []}
    assert [item.answers for item in project.items.order_by("ordinal")] == [0, 1, 1]


def test_what_came_with_an_import_is_asked_about_where_nothing_else_was(people):
    project = make_project(slug="brought", labels=("a", "x"), ask_about="unlabeled", manager=people.manager)
    given = [{"text": f"{n}", "label": label} for n, label in enumerate("aax")]
    update_project(people.manager, project, settings={"eval_share": 0.0})
    run_import(start_import(people.manager, project, rows=given).pk)
    assert next_tasks(people.manager, project, 5) == []
    split_label(people.manager, project, "a", ["b", "c"])
    assert len(next_tasks(people.manager, project, 5)) == 2
    assert list(differences(project)) == []
    undo_change(people.manager, project)
    assert list(differences(project)) == []


def test_a_part_may_be_a_label_that_is_there_and_stays_it_when_it_is_undone(project, people):
    split_label(people.manager, project, "vehicle", ["car", "other"])
    assert labels(project) == {"row-2": "other"}
    undo_change(people.manager, project)
    assert labels(project) == {"row-0": "vehicle", "row-1": "vehicle", "row-2": "other"}


def test_split_then_merged_and_both_undone(project, people):
    split_label(people.manager, project, "vehicle", ["car", "lorry"])
    merge_labels(people.manager, project, ["car", "lorry"], "vehicle")
    assert labels(project) == {"row-2": "other"}  # said of the old label: nobody has said it of the new one
    undo_change(people.manager, project)
    assert labels(project) == {"row-2": "other"}
    assert list(differences(project)) == []


def test_many_items_wait_for_the_job_which_may_run_any_number_of_times(project, people, monkeypatch):
    monkeypatch.setattr(relabel, "AT_ONCE_ITEMS", 0)
    monkeypatch.setattr(relabel, "BATCH_ITEMS", 1)
    woken = []
    monkeypatch.setattr(relabel, "enqueue_on_commit", lambda job, *args: woken.append((job, *args)))
    split_label(people.manager, project, "vehicle", ["car", "lorry"])
    job = Relabeling.objects.get()
    assert (woken, job.state) == ([("labeling.relabel", job.pk)], JobState.QUEUED)
    assert [of[2] for of in standing(project)] == [1, 1, 1, 0]
    assert labels(project) == {"row-2": "other"}  # readers do not wait for it
    relabel.run_relabeling(job.pk)
    relabel.run_relabeling(job.pk)
    assert relabel.relabel(project) == 0
    assert [of[2] for of in standing(project)] == [0, 0, 1, 0]
    assert list(differences(project)) == []


@pytest.mark.parametrize(("name", "parts", "field", "words"), [
    ("vehicle", ["car"], "parts", "2 to 50"),
    ("vehicle", "car", "parts", "a list"),
    ("vehicle", ["car", "car"], "parts", "given twice"),
    ("vehicle", ["car", "o\u200bther"], "parts", "a label 'other' already"),
    ("nobody", ["a", "b"], "name", "no label 'nobody' in use"),
    ("vehicle", ["car", ""], "parts", "empty"),
])  # fmt: skip
def test_what_is_refused_is_said_by_field(project, people, name, parts, field, words):
    with pytest.raises(Invalid, match=words) as refused:
        split_label(people.manager, project, name, parts)
    assert refused.value.field == field
    assert not SchemeChange.objects.exists()


def answer_of(project, person, ordinal, label):
    (task,) = [task for task in next_tasks(person, project, 9) if task.item.ordinal == ordinal]
    record_answer(person, task.pk, {"label": label})


def test_all_changes_since_a_version_are_undone_as_one_and_done_again_as_one(project, people):
    """What was said meanwhile is read as an export by that version had read it: a part as the whole, what was said of
    a merged label as nothing."""
    first = [(label.name, label.hotkey, label.position) for label in project.labels.in_use()]
    split_label(people.manager, project, "vehicle", ["car", "lorry"])  # 2
    answer_of(project, people.annotator, 0, "lorry")
    rename_label(people.manager, project, "other", "rest")  # 3
    merge_labels(people.manager, project, ["car", "rest"], "mixed")  # 4
    answer_of(project, people.annotator, 3, "mixed")
    now = {"row-0": "lorry", "row-2": "mixed", "row-3": "mixed"}
    assert labels(project) == now
    by_first = {row["external_id"]: row["label"] for row in export_rows(project, "items", Filters(scheme=1))}

    seen = preview_change(people.manager, project, "undo", {"to": 1, "version": 4})
    assert seen.steps == (
        "“car”, “rest” merged into “mixed”.", "“other” renamed to “rest”.", "“vehicle” split into “car”, “lorry”.",
    )  # fmt: skip
    assert (seen.read_anew, seen.stop_counting, seen.count_again) == (2, 1, 1)
    assert labels(project) == now

    change = undo_change(people.manager, project, to=1, version=4, reason="all of it was wrong")
    assert (change.number, change.undoes, restored_by(change)) == (5, 4, 1)
    assert words_of(change) == "Back to version 1: 3 changes undone."
    assert labels(project) == {"row-0": "vehicle", "row-1": "vehicle", "row-2": "other"}
    assert labels(project).items() <= by_first.items()
    assert [(label.name, label.hotkey, label.position) for label in project.labels.in_use()] == first
    # the second is being asked just now, the fourth is asked again
    assert [(is_open, answers) for is_open, _, answers in standing(project)] == [
        (False, 1), (False, 0), (False, 1), (True, 0),
    ]  # fmt: skip
    assert list(differences(project)) == []

    again = undo_change(people.manager, project)
    assert words_of(again) == "Undone: Back to version 1."
    assert labels(project) == now
    assert list(differences(project)) == []
    back = undo_change(people.manager, project, to=2)  # over an undo and its undo
    assert (restored_by(back), labels(project)) == (2, {"row-0": "lorry", "row-2": "other"})
    assert list(differences(project)) == []
    said = AuditEvent.objects.filter(action="project.labels_undone").order_by("pk").values_list("after", flat=True)
    assert [(one["undoes"], one["to"]) for one in said] == [(4, 1), (5, 4), (6, 2)]
    for to in (0, 7, 8, "1", True, 1.0):
        with pytest.raises(Invalid, match="before 7") as refused:
            undo_change(people.manager, project, to=to)
        assert refused.value.field == "to"
    with pytest.raises(Invalid, match="what they were in version 2"):
        undo_change(people.manager, project, to=2)


def test_what_is_asked_again_follows_a_label_that_only_its_whole_makes_uncertain(project, people):
    """The parts of a merged label that was split say something until the merge is undone, too."""
    merge_labels(people.manager, project, ["vehicle", "other"], "thing")  # 2
    split_label(people.manager, project, "thing", ["big", "small"])  # 3
    answer_of(project, people.annotator, 3, "big")
    assert labels(project) == {"row-3": "big"}
    undo_change(people.manager, project, to=1)
    assert labels(project) == {"row-0": "vehicle", "row-1": "vehicle", "row-2": "other"}
    assert [is_open for is_open, *_ in standing(project)] == [False, False, False, True]
    assert list(differences(project)) == []
