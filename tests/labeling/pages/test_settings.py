"""Changing a project: each form on its own, nothing lost, deleting only when it is meant."""

import pytest

from labeling.models import Project
from tests.factories import make_answer, make_items

SETTINGS = {
    "overlap": 2, "eval_share": 20, "random_share": 5, "retrain_every": 50, "lease_s": 10, "strategy": "auto",
    "encoder": "auto", "learner": "auto", "min_gain": 2,
}  # fmt: skip


@pytest.fixture
def save(project, people, browser_of):
    client = browser_of(people.manager)

    def post(part, **data):
        return client.post(f"/p/{project.slug}/settings/", {"part": part, **data})

    post.client = client
    return post


def test_shows_what_is_set_in_a_persons_units(project, save):
    content = save.client.get(f"/p/{project.slug}/settings/").content.decode()
    assert 'name="eval_share" value="10"' in content
    assert 'name="lease_s" value="15"' in content
    assert "ham [1]\nspam [2]" in content


def test_saves_each_part(project, save):
    assert save("basics", name="Messages", purpose="For a filter.").headers["Location"].endswith("#basics")
    save("labels", labels="ham [h]\nspam [s]\nunsure")
    save("instructions", instructions="First.")
    save("instructions", instructions="Second.")
    save("settings", **SETTINGS)
    project.refresh_from_db()
    assert (project.name, project.purpose) == ("Messages", "For a filter.")
    assert [(label.name, label.hotkey) for label in project.labels.all()] == [
        ("ham", "h"), ("spam", "s"), ("unsure", "1"),
    ]  # fmt: skip
    assert [version.text for version in project.instructions_versions.all()] == ["Second.", "First."]
    assert (project.overlap, project.eval_share, project.random_share, project.lease_s) == (2, 0.2, 0.05, 600)
    assert project.min_gain == 0.02
    content = save.client.get(f"/p/{project.slug}/settings/").content.decode()
    assert "Version 1" in content


def test_a_label_that_was_given_is_archived(project, people, save):
    make_answer(make_items(project, ["one"])[0], people.annotator, {"label": "spam"})
    save("labels", labels="ham [h]")
    assert project.labels.get(name="spam").archived
    assert "Archived: spam." in save.client.get(f"/p/{project.slug}/settings/").content.decode()


@pytest.mark.parametrize(
    ("part", "data", "field", "kept"),
    [
        ("basics", {"name": "", "purpose": "kept"}, "name", "kept"),
        ("labels", {"labels": "kept\nkept"}, "labels", "kept"),
        ("settings", SETTINGS | {"overlap": 0, "strategy": "margin"}, "overlap", 'value="margin" selected'),
        ("settings", SETTINGS | {"eval_share": 70, "retrain_every": 77}, "eval_share", 'value="77"'),
        ("delete", {"slug": "kept"}, "slug", "kept"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_is_lost(project, save, part, data, field, kept):
    response = save(part, **data)
    assert response.status_code == 400
    assert list(response.context[part].errors) == [field]
    assert kept in response.content.decode()


def test_archives_and_restores(project, save):
    save("archive")
    project.refresh_from_db()
    assert project.archived_at
    assert "Restore the project" in save.client.get(f"/p/{project.slug}/settings/").content.decode()
    save("restore")
    project.refresh_from_db()
    assert project.archived_at is None


def test_deletes_when_the_address_is_typed(project, people, save):
    make_answer(make_items(project, ["one"])[0], people.annotator, {"label": "spam"})
    assert save("delete", slug="SMS").status_code == 400
    assert save("delete", slug="sms").headers["Location"] == "/"
    assert not Project.objects.exists()


def test_an_unknown_part_changes_nothing(project, save):
    before = Project.objects.values().get()
    assert save("everything", name="x").status_code == 200
    assert Project.objects.values().get() == before
