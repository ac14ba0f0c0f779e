"""A label is called otherwise and keeps everything it has; whatever says it, says the new name."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from labeling.models import Annotation, AuditEvent, Label, Member
from labeling.selectors.agreement import agreement
from labeling.selectors.annotating import last_given, standing
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.items import history
from labeling.selectors.progress import label_balance
from labeling.services.answers.record import record_answer
from labeling.services.imports import run_import, start_import
from labeling.services.projects.label_set import set_labels
from labeling.services.projects.renames import rename_label
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.factories import make_items, make_project
from tests.item_views import items_of_view

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def answered(project, people):
    """Three items: two *spam*, one *ham*, by one person; and one that waits."""
    make_items(project, ["win a prize", "free", "see you", "later"])
    tasks = next_tasks(people.annotator, project, 3)
    for task, label in zip(tasks, ("spam", "spam", "ham"), strict=True):
        record_answer(people.annotator, task.pk, {"label": label})
    return tasks


def exported(project, rows="annotations", what="answer"):
    return [row[what] for row in export_rows(project, rows, Filters())]


def test_answers_of_before_and_after_are_of_one_label(project, people, answered):
    stored = list(Annotation.objects.order_by("pk").values_list("answer", flat=True))
    label = rename_label(people.manager, project, "spam", "junk mail")
    assert list(Annotation.objects.order_by("pk").values_list("answer", flat=True)) == stored  # append-only
    (task,) = next_tasks(people.annotator, project, 1)
    told = record_answer(people.annotator, task.pk, {"label": "junk mail"})
    assert told.answer == {"label": "junk mail"}
    balance = {row["name"]: row["answers"] for row in label_balance(project)}
    assert balance == {"junk mail": 3, "ham": 1}
    assert [answer["label"] for answer in exported(project)].count("junk mail") == 3
    assert sorted(exported(project, "items", "label")) == ["ham", "junk mail", "junk mail", "junk mail"]
    assert {name for soft in exported(project, "items", "soft_label") for name in soft} == {"ham", "junk mail"}
    assert [len(items_of_view(project, label=name)) for name in ("junk mail", "spam", "ham")] == [3, 3, 1]
    assert label.hotkey == "2"


def test_the_same_again_in_the_new_name_is_the_same_and_another_is_a_revision(project, people, answered):
    rename_label(people.manager, project, "spam", "junk")
    for given in ("junk", "spam"):  # a page that was loaded before says the old name
        again = record_answer(people.annotator, answered[0].pk, {"label": given})
        assert (again.created, again.answer, again.annotation.revision) == (False, {"label": "junk"}, 1)
    revised = record_answer(people.annotator, answered[2].pk, {"label": "spam"})
    assert (revised.answer, revised.annotation.revision) == ({"label": "junk"}, 2)
    set_labels(project, ["ham", "other"])  # junk is archived, and the same again stays the same
    assert record_answer(people.annotator, answered[0].pk, {"label": "junk"}).annotation.revision == 1


def test_people_agree_whatever_the_label_was_called_when_they_answered(people):
    project = make_project(slug="two", overlap=2, manager=people.manager)
    Member.objects.create(project=project, user=people.annotator, role="annotator")
    make_items(project, ["a", "b"])
    for task in next_tasks(people.annotator, project, 2):
        record_answer(people.annotator, task.pk, {"label": "spam"})
    rename_label(people.manager, project, "spam", "junk")
    for task in next_tasks(people.manager, project, 2):
        record_answer(people.manager, task.pk, {"label": "junk"})
    assert agreement(project)["percent"] == 1.0
    assert exported(project, "items", "label") == ["junk", "junk"]
    assert exported(project, "items", "agreement") == [1.0, 1.0]


def test_names_are_swapped_and_free_names_are_given_again(project, people, answered):
    for name, new_name in (("spam", "x"), ("ham", "spam"), ("x", "ham")):
        rename_label(people.manager, project, name, new_name)
    assert [answer["label"] for answer in exported(project)] == ["ham", "ham", "spam"]
    rename_label(people.manager, project, "ham", "junk")
    set_labels(project, ["spam", "junk", "ham"])  # a new one, by a name that answers say for another
    (task,) = next_tasks(people.annotator, project, 1)
    record_answer(people.annotator, task.pk, {"label": "ham"})
    assert [answer["label"] for answer in exported(project)] == ["junk", "junk", "spam", "ham"]
    assert {row["name"]: row["answers"] for row in label_balance(project)} == {"spam": 1, "junk": 2, "ham": 1}
    identities = [label.identity for label in project.labels.all()]
    assert len(set(identities)) == 3


def test_back_to_the_first_name_is_as_if_nothing_had_been(project, people, answered):
    rename_label(people.manager, project, "spam", "junk")
    label = rename_label(people.manager, project, "junk", "spam")
    assert (label.key, label.former_names) == ("", ["junk"])
    assert [answer["label"] for answer in exported(project)] == ["spam", "spam", "ham"]


def test_an_import_knows_the_old_name(project, people, bring_in_rows):
    rename_label(people.manager, project, "spam", "junk")
    batch = bring_in_rows(
        project, [{"text": "a", "label": "spam"}, {"text": "b", "label": "junk"}, {"text": "c", "label": "x"}]
    )
    assert (batch.accepted, batch.rejected) == (2, 1)
    assert any("The label “spam” is called “junk” now" in note["one"] for note in batch.notes)
    assert [answer["label"] for answer in exported(project)] == ["junk", "junk"]
    set_labels(project, ["ham", "junk", "spam"])
    bring_in_rows(project, [{"text": "d", "label": "spam"}])
    assert exported(project)[-1] == {"label": "spam"}  # the name of another one by now


@pytest.fixture
def bring_in_rows(people):
    def run(project, rows):
        batch = start_import(people.manager, project, rows=rows)
        run_import(batch.pk)
        batch.refresh_from_db()
        return batch

    return run


def test_several_labels_an_item_stay_sorted_and_once(people):
    project = make_project(slug="many", kind="multilabel", labels=("a", "b", "c"), manager=people.manager)
    make_items(project, ["x"])
    (task,) = next_tasks(people.manager, project, 1)
    record_answer(people.manager, task.pk, {"labels": ["a", "b"]})
    rename_label(people.manager, project, "a", "z")
    assert exported(project) == [{"labels": ["b", "z"]}]
    assert exported(project, "items", "label") == [["b", "z"]]
    again = record_answer(people.manager, task.pk, {"labels": ["z", "b"]})
    assert (again.answer, again.annotation.revision) == ({"labels": ["b", "z"]}, 1)


def test_steps_that_are_numbers_stay_and_named_ones_are_renamed(people):
    numbers = make_project(slug="n", kind="rating", labels=("1", "2", "3"), manager=people.manager)
    with pytest.raises(Invalid, match="is a number"):
        rename_label(people.manager, numbers, "2", "two")
    words = make_project(slug="w", kind="rating", labels=("bad", "fair", "good"), manager=people.manager)
    make_items(words, ["x"])
    (task,) = next_tasks(people.manager, words, 1)
    record_answer(people.manager, task.pk, {"rating": "fair"})
    rename_label(people.manager, words, "fair", "so-so")
    assert exported(words) == [{"rating": "so-so"}]
    assert exported(words, "items", "label") == [2]


@pytest.mark.parametrize(("name", "new_name", "field", "words"), [
    ("nobody", "x", "name", "There is no label 'nobody'"),
    ("spam", "ham", "new_name", "There is a label 'ham' already"),
    ("spam", "h\u200bam", "new_name", "There is a label 'ham' already"),
    ("spam", "gone", "new_name", "There is an archived label 'gone' already"),
    ("spam", " ", "new_name", "empty"),
    ("spam", "x" * 201, "new_name", "200"),
    ("spam", None, "new_name", "text"),
])  # fmt: skip
def test_what_is_refused_is_said_by_field(project, people, name, new_name, field, words):
    Label.objects.create(project=project, name="gone", archived=True)
    with pytest.raises(Invalid, match=words) as refused:
        rename_label(people.manager, project, name, new_name)
    assert refused.value.field == field


def test_a_bar_cannot_come_into_a_multilabel_name(people):
    project = make_project(slug="many", kind="multilabel", manager=people.manager)
    with pytest.raises(Invalid, match=r"cannot contain '\|'"):
        rename_label(people.manager, project, "spam", "a|b")


def test_the_trail_says_who_and_pages_learn_of_it_and_no_run_is_due(project, people):
    before, version = standing(people.manager, project)["project"]["labels_version"], project.labels_version
    rename_label(people.manager, project, "spam", "junk")
    rename_label(people.manager, project, "junk", "junk")
    event = AuditEvent.objects.get(action="project.label_renamed")
    assert (event.before, event.after, event.user_name) == ({"name": "spam"}, {"name": "junk"}, "manager")
    project.refresh_from_db()
    assert project.labels_version == version
    assert standing(people.manager, project)["project"]["labels_version"] == before + 1


def test_what_a_person_gave_and_what_happened_to_an_item_says_the_name_of_now(project, people, answered):
    rename_label(people.manager, project, "spam", "junk")
    assert last_given(people.annotator, project)[0]["given"]["answer"] == {"label": "junk"}
    assert [event.flat for event in history(answered[0].item) if event.answer] == ["junk"]


def test_renaming_reads_no_answer_and_an_answer_costs_no_query_more(project, people, answered):
    tasks = next_tasks(people.annotator, make_more(project), 3)

    def statements(task, label) -> int:
        with CaptureQueriesContext(connection) as ran:
            record_answer(people.annotator, task.pk, {"label": label})
        return len(ran)

    before = statements(tasks[0], "spam")
    with CaptureQueriesContext(connection) as ran:
        rename_label(people.manager, project, "spam", "junk")
    of_answers = [query["sql"] for query in ran if "labeling_annotation" in query["sql"]]
    assert ["MAX(" in sql and '"answer"' not in sql for sql in of_answers] == [True]  # the newest id, by an index
    assert [statements(task, label) for task, label in zip(tasks[1:], ("junk", "ham"), strict=True)] == [before] * 2


def make_more(project):
    make_items(project, ["one more", "two more", "three more"])
    return project


def test_two_labels_cannot_be_stored_by_one_key(project):
    project.labels.create(name="a", key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        project.labels.create(name="b", key="k")


def test_over_rest(project, people, api, answered):
    client, url = api(people.manager), f"/api/v1/projects/{project.slug}/labels/rename/"
    made = client.post(url, {"name": "spam", "new_name": "junk"}, format="json")
    assert (made.status_code, made.data["name"], made.data["former_names"]) == (200, "junk", ["spam"])
    assert [label["name"] for label in client.get(f"/api/v1/projects/{project.slug}/").data["labels"]] == [
        "ham",
        "junk",
    ]
    answers = client.get(f"/api/v1/projects/{project.slug}/annotations/").json()["results"]
    assert [row["answer"]["label"] for row in answers] == ["junk", "junk", "ham"]
    given = api(people.annotator).put(
        f"/api/v1/tasks/{answered[0].pk}/answer/", {"answer": {"label": "junk"}}, format="json"
    )
    assert (given.status_code, given.data["answer"]) == (200, {"label": "junk"})
    refused = client.post(url, {"name": "junk", "new_name": "ham"}, format="json")
    assert (refused.status_code, list(refused.data)) == (400, ["new_name"])
    assert api(people.annotator).post(url, {"name": "junk", "new_name": "x"}, format="json").status_code == 403


def test_on_the_settings_page(project, people, browser_of, answered):
    browser, url = browser_of(people.manager), f"/p/{project.slug}/settings/"
    page = browser.post(url, {"part": "rename", "name": "spam", "new_name": "junk"}, follow=True).content.decode()
    assert "is called “junk” now" in page
    assert "was called spam" in " ".join(page.split())
    refused = browser.post(url, {"part": "rename", "name": "junk", "new_name": "ham"})
    assert refused.status_code == 400
    assert "There is a label &#x27;ham&#x27; already" in refused.content.decode()
    items = browser.get(f"/p/{project.slug}/items/?label=junk").content.decode()
    assert answered[0].item.text in items
    assert answered[2].item.text not in items
