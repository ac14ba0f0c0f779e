"""A doubt and a comment that go with an answer: one revision holds them, and only whoever may read answers is told."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import Annotation, Item, Member, Role
from labeling.selectors.items import history
from labeling.selectors.people.cards import as_dict, people_of
from labeling.selectors.reviewing import entries_json
from labeling.services.answers.record import record_answer
from labeling.services.exports import export_file
from labeling.services.projects.manage import set_instructions
from labeling.services.review.queue import fill, next_entries
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import UserFactory, make_items, make_project
from tests.labeling.imports.conftest import bring_in, reasons  # noqa: F401
from tests.labeling.test_export import NO_FILTER

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HAM, SPAM = {"label": "ham"}, {"label": "spam"}
#: what a cell of a spreadsheet would run
SAID = "=HYPERLINK(1)"


def test_one_revision_holds_an_answer_and_what_was_said_with_it(project, people, api):
    make_items(project, ["one", "two"])
    task, other = next_tasks(people.annotator, project, 2)
    client, url = api(people.annotator), f"/api/v1/tasks/{task.pk}/answer/"
    for body, status, *told in [
        ({"answer": HAM, "doubt": True, "comment": "  half of it "}, 201, 1, True, "half of it"),
        ({"answer": HAM, "doubt": True, "comment": "half of it"}, 200, 1, True, "half of it"),
        ({"answer": HAM}, 200, 1, True, "half of it"),
        ({"answer": HAM, "comment": "the other half"}, 200, 2, True, "the other half"),
        ({"answer": SPAM, "doubt": None}, 200, 3, True, "the other half"),
        ({"answer": SPAM, "doubt": False, "comment": ""}, 200, 4, False, ""),
        ({"answer": SPAM, "comment": "x" * 500}, 200, 5, False, "x" * 500),
    ]:
        if told[0] == 4:  # whoever only takes his words back has not answered by what is new in the instructions
            set_instructions(people.manager, project, "Read twice.")
        answered = client.put(url, body)
        assert answered.status_code == status, body
        assert [answered.json()[name] for name in ("revision", "doubt", "comment")] == told, body
    for body in ({"doubt": "yes"}, {"doubt": 1}, {"comment": "x" * 501}, {"comment": 3}, {"comment": "a\0b"}):
        refused = client.put(url, {"answer": SPAM, **body})
        assert (refused.status_code, list(refused.json())) == (400, list(body)), body
    client.delete(url)
    kept = Annotation.objects.filter(task=task).order_by("revision").values_list("answer", "doubt", "comment")
    assert list(kept)[3:] == [(SPAM, None, None), (SPAM, None, "x" * 500), (None, None, None)]
    assert list(kept.values_list("instructions_version", flat=True)) == [0, 0, 0, 0, 0, 1]
    assert client.put(url, {"answer": HAM}).json()["comment"] == ""
    counts = []
    for task_id, remark in ((other.pk, {"doubt": True, "comment": "c"}), (task.pk, {})):
        client.delete(f"/api/v1/tasks/{task_id}/answer/")
        with CaptureQueriesContext(connection) as asked:
            client.put(f"/api/v1/tasks/{task_id}/answer/", {"answer": HAM, **remark})
        counts.append(len(asked))
    assert counts[0] <= counts[1]


def test_whoever_reads_answers_reads_it_and_no_annotator_that_of_another(project, people, api, browser_of, bring_in):  # noqa: F811
    project.overlap = 2
    project.save()
    (item,) = make_items(project, ["one"])
    ann = UserFactory(username="ann")
    Member.objects.create(project=project, user=ann, role=Role.ANNOTATOR)
    task = next_tasks(people.annotator, project)[0]
    record_answer(people.annotator, task.pk, HAM, 900, doubt=True, comment=SAID)

    other = api(ann).post(f"/api/v1/projects/{project.slug}/tasks/next/", {"count": 1})
    assert SAID not in other.content.decode()
    record_answer(ann, other.json()[0]["id"], SPAM, 900)
    for place in ("annotate/", "mine/"):
        pages = [browser_of(who).get(f"/p/{project.slug}/{place}").content.decode() for who in (people.annotator, ann)]
        assert [SAID in page or SAID.replace("=", "\\u003D") in page for page in pages] == [True, False], place

    fill(project)
    (entry,) = entries_json(project, next_entries(people.reviewer, project, 1), str)
    assert [(one["by"], one["doubt"], one["comment"]) for one in entry["answers"]] == [
        ("annotator", True, SAID), ("ann", False, ""),
    ]  # fmt: skip
    assert [event.remark.comment for event in history(item) if event.what == "answered"] == [SAID, ""]
    assert SAID in browser_of(people.reviewer).get(f"/p/{project.slug}/items/{item.pk}/").content.decode()
    seen = api(people.manager)
    items = f"/api/v1/projects/{project.slug}/items/"
    assert [len(seen.get(f"{items}?remark={value}").json()["results"]) for value in ("doubted", "commented")] == [1, 1]
    rows = seen.get(f"/api/v1/projects/{project.slug}/annotations/").json()["results"]
    assert [(row["doubt"], row["comment"]) for row in rows] == [(True, SAID), (False, "")]
    cards = {card.name: as_dict(card)["doubted"] for card in people_of(project).cards}
    assert (cards["annotator"]["count"], cards["ann"]["count"]) == (1, 0)

    for form in ("jsonl", "csv", "parquet"):
        file = b"".join(export_file(project, form, "annotations", NO_FILTER))
        if form == "csv":
            assert f",true,'{SAID}," in file.decode()
        again = make_project(slug=f"again-{form}", manager=people.manager)
        assert reasons(bring_in(again, file, f"a.{form}")) == {}
        came = Annotation.objects.filter(project=again).values_list("imported_annotator", "doubt", "comment")
        assert set(came) == {("annotator", True, SAID), ("ann", None, None)}
        assert Item.objects.get(project=again).data == {}
    lines = [
        json.loads(line) for line in b"".join(export_file(project, "jsonl", "annotations", NO_FILTER)).splitlines()
    ]
    refused = make_project(slug="refused", manager=people.manager)
    bad = [{**lines[0], "doubt": "perhaps"}, {**lines[1], "comment": "x" * 501}]
    batch = bring_in(refused, b"\n".join(json.dumps(line).encode() for line in bad), "bad.jsonl")
    assert list(reasons(batch).values()) == ["Expected true or false.", "501 characters; at most 500 are accepted."]
    theirs = [{**{name: value for name, value in line.items() if name != "doubt"}, "comment": "own"} for line in lines]
    earlier = make_project(slug="earlier", manager=people.manager)
    bring_in(earlier, b"\n".join(json.dumps(line).encode() for line in theirs), "earlier.jsonl")
    assert Item.objects.get(project=earlier).data == {"comment": "own"}
