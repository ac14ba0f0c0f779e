"""Two labels become one: what was said stays, and everything that reads it reads the one label; until it is undone."""

import pytest

from labeling.models import Annotation, AuditEvent, Label, Member, SchemeChange
from labeling.selectors.agreement import agreement
from labeling.selectors.annotating import last_given
from labeling.selectors.consensus_by_evidence import weighed
from labeling.selectors.export import Filters, bounded, export_rows
from labeling.selectors.items import history
from labeling.selectors.people.cards import people_of
from labeling.selectors.progress import label_balance
from labeling.selectors.recount import differences
from labeling.selectors.set_facts import set_facts
from labeling.services.answers.record import record_answer
from labeling.services.imports import run_import, start_import
from labeling.services.projects.label_set import set_labels
from labeling.services.projects.renames import rename_label
from labeling.services.scheme.merge import merge_labels
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from learning.selectors.people_agreement import agreement_report
from tests.factories import make_answer, make_items, make_project
from tests.item_views import items_of_view
from tests.labeling.scheme.changes import undo_change

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def project(people):
    """Two people say *spam* and *junk* of the same items, and agree about *ham*."""
    made = make_project(slug="mail", overlap=2, labels=("ham", "spam", "junk"), manager=people.manager)
    Member.objects.create(project=made, user=people.annotator, role="annotator")
    items = make_items(made, ["a", "b", "c", "d"])
    for item, one, other in zip(items, ("spam", "junk", "ham", "spam"), ("junk", "spam", "ham", "ham"), strict=True):
        make_answer(item, people.manager, {"label": one})
        make_answer(item, people.annotator, {"label": other})
    return made


def rows(project, rows="annotations"):
    return list(export_rows(project, rows, Filters()))


def labels(project):
    return [row["label"] for row in rows(project, "items")]


def test_whatever_reads_answers_reads_the_one_label(project, people):
    stored = list(Annotation.objects.order_by("pk").values_list("answer", flat=True))
    assert (labels(project), agreement(project)["percent"]) == ([None, None, "ham", None], 0.25)
    change = merge_labels(people.manager, project, ["spam", "junk"], "unwanted", reason="nobody tells them apart")
    assert list(Annotation.objects.order_by("pk").values_list("answer", flat=True)) == stored  # append-only
    said = [row["answer"]["label"] for row in rows(project)]
    assert said == ["unwanted", "unwanted", "unwanted", "unwanted", "ham", "ham", "unwanted", "ham"]
    of_items = rows(project, "items")
    assert [row["label"] for row in of_items] == ["unwanted", "unwanted", "ham", None]
    assert [row["agreement"] for row in of_items] == [1.0, 1.0, 1.0, 0.0]
    assert of_items[0]["soft_label"] == {"unwanted": 1.0}
    assert agreement(project)["percent"] == 0.75
    assert {row["name"]: row["answers"] for row in label_balance(project)} == {"ham": 3, "unwanted": 5}
    assert dict(set_facts(project, bounded(project, Filters())).labels) == {"ham": 3, "unwanted": 5}
    assert [row.label for row in weighed(project)[1]] == ["unwanted", "unwanted", "ham", None]
    assert {label: found.n for label, found in agreement_report(project).labels} == {"unwanted": 4, "ham": 4}
    cards = {card.name: card for card in people_of(project).cards}
    assert (cards["manager"].agreement.value, cards["annotator"].agreement.value) == (0.75, 0.75)
    assert [(row.others, row.said) for row in cards["manager"].confused] == [("ham", "unwanted")]
    assert [len(items_of_view(project, label=name)) for name in ("unwanted", "ham")] == [3, 2]
    assert {event.flat for event in history(project.items.first()) if event.answer} == {"unwanted"}
    assert (change.number, change.operation, change.details) == (
        2, "merge", {"from": ["spam", "junk"], "into": "unwanted"},
    )  # fmt: skip
    event = AuditEvent.objects.get(action="project.labels_merged")
    assert (event.user_name, event.after["reason"]) == ("manager", "nobody tells them apart")


def test_what_it_is_called_may_be_the_name_of_one_of_them_and_undo_still_restores(project, people):
    before = (rows(project), rows(project, "items"), label_balance(project))
    merge_labels(people.manager, project, ["junk"], "spam")
    assert labels(project) == ["spam", "spam", "ham", None]
    assert sorted(project.labels.in_use().names()) == ["ham", "spam"]
    undone = undo_change(people.manager, project, reason="they differ after all")
    assert (rows(project), rows(project, "items"), label_balance(project)) == before
    assert [(label.name, label.hotkey) for label in project.labels.in_use()] == [
        ("ham", "1"),
        ("spam", "2"),
        ("junk", "3"),
    ]
    assert (undone.operation, undone.undoes, undone.number) == ("undo", 2, 3)
    assert [change.number for change in SchemeChange.objects.filter(project=project)] == [3, 2, 1]
    assert list(differences(project)) == []


def test_what_was_said_of_the_one_label_is_asked_again_once_it_is_undone_and_counts_when_it_is_merged_again(
    project, people
):
    merge_labels(people.manager, project, ["spam", "junk"], "spam")
    (item,) = make_items(project, ["new"])
    (task,) = next_tasks(people.annotator, project, 1)
    record_answer(people.annotator, task.pk, {"label": "spam"})
    assert labels(project) == ["spam", "spam", "ham", None, "spam"]
    undo_change(people.manager, project)
    assert labels(project) == [None, None, "ham", None]  # nobody knows which of the two it was
    assert rows(project)[-1]["answer"] == {"label": "spam (until version 2)"}
    item.refresh_from_db()
    assert (item.is_open, item.answers, item.slots_taken) == (True, 0, 0)
    assert list(differences(project)) == []
    undo_change(people.manager, project)  # the undo of the undo
    assert labels(project) == ["spam", "spam", "ham", None, "spam"]
    item.refresh_from_db()
    assert (item.answers, item.slots_taken) == (1, 1)
    assert list(differences(project)) == []


def test_of_several_labels_an_item_has_the_one_once(people):
    project = make_project(slug="many", kind="multilabel", labels=("a", "b", "x"), manager=people.manager)
    for item, names in zip(make_items(project, ["1", "2", "3"]), (["a", "b", "x"], ["b"], []), strict=True):
        make_answer(item, people.manager, {"labels": names})
    merge_labels(people.manager, project, ["a", "b"], "c")
    assert [row["answer"]["labels"] for row in rows(project)] == [["c", "x"], ["c"], []]
    assert labels(project) == [["c", "x"], ["c"], []]
    assert dict(set_facts(project, bounded(project, Filters())).labels) == {"c": 2, "x": 1}
    assert {row["name"]: row["answers"] for row in label_balance(project)} == {"c": 2, "x": 1}


def test_merged_and_renamed_again_and_again(project, people):
    merge_labels(people.manager, project, ["spam", "junk"], "unwanted")
    rename_label(people.manager, project, "unwanted", "bad")
    merge_labels(people.manager, project, ["bad", "ham"], "mail")
    assert labels(project) == ["mail"] * 4
    undo_change(people.manager, project, version=4)
    assert labels(project) == ["bad", "bad", "ham", None]
    kept = SchemeChange.objects.get(project=project, number=2).labels
    assert {row["name"]: row["read_as"] for row in kept} == {
        "ham": "", "unwanted": "", "spam (until version 1)": "unwanted", "junk (until version 1)": "unwanted",
    }  # fmt: skip


def test_a_page_or_a_file_of_before_says_one_of_them_and_the_same_again_changes_nothing(project, people):
    task = people.annotator.tasks.order_by("pk").first()
    make_items(project, ["new", "newer"])
    open_task = next_tasks(people.annotator, project, 1)[0]
    merge_labels(people.manager, project, ["spam", "junk"], "unwanted")
    assert record_answer(people.annotator, open_task.pk, {"label": "junk"}).answer == {"label": "unwanted"}
    for name in ("junk", "spam", "unwanted"):  # it had said junk
        again = record_answer(people.annotator, task.pk, {"label": name})
        assert (again.answer, again.annotation.revision) == ({"label": "unwanted"}, 1)
    batch = start_import(people.manager, project, rows=[{"text": "from a file", "label": "junk"}])
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.accepted, batch.rejected) == (1, 0)
    assert labels(project)[-1] == "unwanted"
    assert {given["given"]["answer"]["label"] for given in last_given(people.annotator, project)} == {"unwanted", "ham"}


def test_models_and_runs_learn_of_it(project, people, django_capture_on_commit_callbacks):
    before = project.labels_version
    with django_capture_on_commit_callbacks() as told:
        merge_labels(people.manager, project, ["spam", "junk"], "unwanted")
    project.refresh_from_db()
    assert project.labels_version == before + 1
    assert told


@pytest.mark.parametrize(("names", "into", "field", "words"), [
    (["spam"], "spam", "names", "At least two"),
    (["spam", "gone"], "x", "names", "no label 'gone' in use"),
    (["spam", "nobody"], "x", "names", "no label 'nobody' in use"),
    ("spam", "x", "names", "a list"),
    (["spam", 3], "x", "names", "text"),
    (["spam", "junk"], "gone", "into", "an archived label 'gone'"),
    (["spam", "junk"], "h\u200bam", "into", "a label 'ham' already"),
    (["spam", "junk"], " ", "into", "empty"),
])  # fmt: skip
def test_what_is_refused_is_said_by_field_and_leaves_no_version(project, people, names, into, field, words):
    Label.objects.create(project=project, name="gone", archived=True)
    with pytest.raises(Invalid, match=words) as refused:
        merge_labels(people.manager, project, names, into)
    assert refused.value.field == field
    assert not SchemeChange.objects.exists()


def test_who_saw_an_older_version_is_told_so_and_nothing_can_be_undone_before_a_change(project, people):
    with pytest.raises(Invalid, match="Nothing was changed"):
        undo_change(people.manager, project)
    merge_labels(people.manager, project, ["spam", "junk"], "spam", version=1)
    for again in (lambda: merge_labels(people.manager, project, ["ham", "spam"], "x", version=1),
                  lambda: undo_change(people.manager, project, version=1)):  # fmt: skip
        with pytest.raises(Invalid, match="at version 2 by now"):
            again()


def test_steps_of_a_scale_are_not_merged(people):
    project = make_project(slug="r", kind="rating", labels=("1", "2", "3"), manager=people.manager)
    with pytest.raises(Invalid, match="steps of a scale"):
        merge_labels(people.manager, project, ["1", "2"], "2")


def test_the_label_set_keeps_what_merged_labels_are_read_as_and_does_not_bring_them_back(project, people):
    merge_labels(people.manager, project, ["spam", "junk"], "unwanted")
    set_labels(project, ["ham", "other"])
    assert labels(project) == ["unwanted", "unwanted", "ham", None]  # archived, not deleted
    with pytest.raises(Invalid, match="merged or split"):
        set_labels(project, ["ham", "junk (until version 1)"])
    set_labels(project, ["ham", "junk"], user=people.manager)  # a new label of an old name
    assert labels(project) == ["unwanted", "unwanted", "ham", None]
    assert {row["name"]: row["answers"] for row in label_balance(project)} == {"ham": 3, "junk": 0, "unwanted": 5}
    undo_change(people.manager, project)
    undo_change(people.manager, project)
    assert SchemeChange.objects.filter(project=project).count() == 6
