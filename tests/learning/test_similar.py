"""Similar items: found by a worker, told again at once, and refused where nothing can be compared."""

import io

import pytest
from PIL import Image

from labeling.models import Item, JobState, Project
from labeling.services.validation.errors import Invalid
from learning.models import SimilarSearch
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from learning.services.similar import ask, search
from tests.learning.people import answer_some, make_text_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def project(people, built_once):
    def build() -> None:
        project = make_text_project(people.manager, n_pool=110, n_eval=10)
        project.members.create(user=people.viewer, role="viewer")
        answer_some(project, people.annotator, 4)
        run_training(decide(project.pk).pk)

    built_once(build)
    return Project.objects.get()


def test_those_of_an_item_are_found_once_and_told_on_page_and_over_rest(project, people, client, api):
    client.force_login(people.viewer)
    item = Item.objects.filter(text__startswith="win a free prize").first()
    sent = client.post(f"/p/{project.slug}/similar/", {"item": item.pk})
    assert b"A worker is comparing" in client.get(sent.url).content
    made = SimilarSearch.objects.get()
    assert search.run_search(made.pk)["state"] == JobState.DONE
    shown = [row["item"] for row in client.get(sent.url).context["rows"]]
    assert len(shown) == 100
    assert item not in shown
    assert sum(one.text.startswith("win a free prize") for one in shown[:8]) >= 6
    told = api(people.viewer).post(f"/api/v1/projects/{project.slug}/similar/", {"item": item.pk}, format="json")
    assert (told.status_code, told.json()["state"], told.json()["id"]) == (202, "done", str(made.public_id))
    near = told.json()["results"]
    assert [one["item"] for one in near] == [one.pk for one in shown]
    assert [one["distance"] for one in near] == sorted(one["distance"] for one in near)


def test_those_of_a_text_begin_with_the_same_text(project, people):
    item = Item.objects.last()
    made = ask.ask_about_text(people.viewer, project, f" {item.text} ")
    assert search.run_search(made.pk)["state"] == JobState.DONE
    made.refresh_from_db()
    assert (made.result[0][0], round(made.result[0][1], 4)) == (item.ordinal, 0)
    SimilarSearch.objects.update(items=7)  # there were other items then
    assert ask.ask_about_text(people.viewer, project, item.text).state == JobState.QUEUED


def test_what_cannot_be_compared_is_refused_or_told(project, people, monkeypatch):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    for wrong in (lambda: ask.ask_about_text(people.viewer, project, " "),
                  lambda: ask.ask_about_picture(people.viewer, project, buffer.getvalue())):  # fmt: skip
        with pytest.raises(Invalid):
            wrong()
    made = SimilarSearch.objects.create(project=project, key="p", picture=b"no picture")
    assert search.run_search(made.pk)["state"] == JobState.FAILED
    made.refresh_from_db()
    assert (made.picture, made.error[:35]) == (None, "This is no picture that can be read")
    SimilarSearch.objects.update(state=JobState.QUEUED, picture=b"a picture")
    monkeypatch.setattr(search.FeatureMatrix, "__init__", None)  # a mistake of ours
    with pytest.raises(TypeError):
        search.run_search(made.pk)
    made.refresh_from_db()
    assert (made.picture, made.state) == (None, JobState.FAILED)
    monkeypatch.setattr(ask, "MOST_WAITING", 1)
    waits = ask.ask_about_text(people.viewer, project, "a")
    assert ask.ask_about_text(people.viewer, project, "a") == waits
    with pytest.raises(Invalid, match="wait already"):
        ask.ask_about_text(people.viewer, project, "b")
    assert not SimilarSearch.objects.exclude(pk__in=[made.pk, waits.pk])
