"""A data set is told by any version of the labels: what was said later is read as far as that is a function."""

import orjson
import pytest

from labeling.models import Snapshot
from labeling.selectors.export import Filters, export_rows
from labeling.services.answers.record import record_answer
from labeling.services.exports.certificate import certificate_of
from labeling.services.exports.snapshots import datasheet_of, opened, run_snapshot, start_snapshot
from labeling.services.projects.renames import rename_label
from labeling.services.scheme.merge import merge_labels
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items, make_project
from tests.labeling.scheme.changes import split_label, undo_change

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def project(people):
    made = make_project(slug="mail", labels=("ham", "spam", "junk"), manager=people.manager)
    for item, label in zip(make_items(made, ["a", "b", "c"]), ("spam", "junk", "ham"), strict=True):
        make_answer(item, people.manager, {"label": label})
    return made


def said(project, scheme=None):
    return [row["answer"]["label"] for row in export_rows(project, "annotations", Filters(scheme=scheme))]


def labels(project, scheme=None):
    return {row["external_id"]: row["label"] for row in export_rows(project, "items", Filters(scheme=scheme))}


def content(snapshot):
    with opened(snapshot) as file:
        return file.read()


def made_snapshot(people, project, **how):
    snapshot = start_snapshot(people.manager, project, **how)
    run_snapshot(snapshot.pk)
    snapshot.refresh_from_db()
    return snapshot


def test_a_version_reads_what_came_before_and_after_it(project, people):
    merge_labels(people.manager, project, ["spam", "junk"], "spam")  # version 2
    make_items(project, ["new"])
    record_answer(people.manager, next_tasks(people.manager, project)[0].pk, {"label": "spam"})
    rename_label(people.manager, project, "ham", "good")  # version 3
    assert said(project, 1) == ["spam", "junk", "ham", "spam (version 2)"]  # which of the two it was, nobody said
    assert labels(project, 1) == {"row-0": "spam", "row-1": "junk", "row-2": "ham"}
    assert said(project, 2) == ["spam", "spam", "ham", "spam"]
    assert said(project, 3) == said(project) == ["spam", "spam", "good", "spam"]
    split_label(people.manager, project, "good", ["work", "friends"])  # version 4
    (task,) = [task for task in next_tasks(people.manager, project, 5) if task.item.external_id == "row-2"]
    record_answer(people.manager, task.pk, {"label": "friends"})
    rename_label(people.manager, project, "friends", "private")
    assert labels(project) == {"row-0": "spam", "row-1": "spam", "row-2": "private", "row-3": "spam"}
    assert labels(project, 4)["row-2"] == "friends"
    assert labels(project, 3)["row-2"] == "good"  # a part is the whole of before
    assert labels(project, 1) == {"row-0": "spam", "row-1": "junk", "row-2": "ham"}
    undo_change(people.manager, project)
    assert labels(project, 6)["row-2"] == "friends"


def test_a_snapshot_is_told_by_the_version_of_its_moment_whenever_it_is_written(project, people):
    first = made_snapshot(people, project)
    waiting = start_snapshot(people.manager, project)
    merge_labels(people.manager, project, ["spam", "junk"], "unwanted", reason="one")
    run_snapshot(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.sha256, content(waiting)) == (first.sha256, content(first))
    after = made_snapshot(people, project)
    by_first = made_snapshot(people, project, filters={"scheme": 1})
    assert by_first.sha256 == first.sha256
    assert after.sha256 != first.sha256
    assert [orjson.loads(line)["answer"]["label"] for line in content(after).splitlines()] == ["unwanted"] * 2 + ["ham"]
    assert [certificate_of(one)["scheme"] for one in (first, waiting, after, by_first)] == [1, 1, 2, 1]
    sheet = datasheet_of(after, pseudonyms=False)
    assert "labels by version 2 of their scheme" in sheet
    assert "“spam”, “junk” merged into “unwanted”." in sheet
    assert "`spam`" not in sheet
    assert "of their scheme" not in datasheet_of(by_first, pseudonyms=False)
    assert "`spam`, `junk`" in datasheet_of(by_first, pseudonyms=False)


def test_a_snapshot_of_an_older_release_is_the_file_that_it_was(project, people):
    first = made_snapshot(people, project)
    Snapshot.objects.filter(pk=first.pk).update(filters={"ordinal_below": 3, "changes": 0, "pseudonyms": False})
    before = content(first)
    merge_labels(people.manager, project, ["spam", "junk"], "unwanted")
    first.refresh_from_db()
    assert content(first) == before
    assert "scheme" not in certificate_of(first)


def test_over_rest_a_version_is_asked_for_by_its_number(project, people, api):
    merge_labels(people.manager, project, ["spam", "junk"], "unwanted")
    client, url = api(people.manager), f"/api/v1/projects/{project.slug}/export/"

    def told(**query):
        lines = b"".join(client.get(url, query).streaming_content).splitlines()
        return [orjson.loads(line)["answer"]["label"] for line in lines]

    assert (told(scheme=1), told()) == (["spam", "junk", "ham"], ["unwanted", "unwanted", "ham"])
    for wrong in ("3", "0", "x"):
        refused = client.get(url, {"scheme": wrong})
        assert (refused.status_code, list(refused.json())) == (400, ["scheme"])
    made = client.post(f"/api/v1/projects/{project.slug}/snapshots/", {"filters": {"scheme": 1}}, format="json")
    assert made.status_code == 202
    assert Snapshot.objects.get().filters["scheme"] == 1
    with pytest.raises(Invalid, match="newest version"):
        start_snapshot(people.manager, project, filters={"scheme": 9})
