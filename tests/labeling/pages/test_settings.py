"""Changing a project: each form on its own, nothing lost, deleting only when it is meant."""

import pytest

from labeling.models import OverlapChange, Project
from labeling.services.projects.label_set import set_labels
from tests.factories import make_answer, make_items

SETTINGS = {
    "overlap": 2, "eval_share": 20, "random_share": 5, "retrain_every": 50, "lease_s": 10, "strategy": "auto",
    "encoder": "auto", "learner": "auto", "min_gain": 2,
}  # fmt: skip


@pytest.fixture
def save(project, people, browser_of):
    client = browser_of(people.manager)

    def post(part="", **data):
        return client.post(f"/p/{project.slug}/settings/", {**({"part": part} if part else {}), **data})

    post.client = client
    return post


def test_shows_what_is_set_in_a_persons_units(project, save):
    content = save.client.get(f"/p/{project.slug}/settings/").content.decode()
    assert 'name="eval_share" value="10"' in content
    assert 'name="lease_s" value="15"' in content
    assert "ham [1]\nspam [2]" in content


def test_saves_everything_at_once_and_says_what(project, save):
    everything = {"name": "Messages", "purpose": "For a filter.", "labels": "ham [h]\r\nspam [s]\r\nunsure"}
    assert save(**everything, instructions="First.", **SETTINGS).headers["Location"] == f"/p/{project.slug}/settings/"
    content = save.client.get(f"/p/{project.slug}/settings/").content.decode()
    assert "Saved: name, purpose, labels, instructions, asking and learning." in content
    save(instructions="Second.")
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
    assert "Skip is not <kbd>S</kbd> here but <kbd>K</kbd>" in content


def test_what_was_not_touched_is_not_undone(project, people, save):
    """Somebody else saved new labels and another overlap while this page was open."""
    set_labels(project, ["new", "labels"])
    Project.objects.filter(pk=project.pk).update(overlap=3)
    save(name="Messages")
    project.refresh_from_db()
    assert (project.name, project.overlap) == ("Messages", 3)
    assert [label.name for label in project.labels.in_use()] == ["new", "labels"]


def test_sent_as_it_is_nothing_changes_and_no_version_is_made(project, save):
    save(instructions="One\r\ntwo")
    before = project.labels_version
    save(name=project.name, labels="ham [1]\r\nspam [2]", instructions="One\r\ntwo", overlap="1", eval_share="10")
    project.refresh_from_db()
    assert (project.instructions_version, project.labels_version) == (1, before)
    assert "Nothing was changed." in save.client.get(f"/p/{project.slug}/settings/").content.decode()


def test_an_overlap_that_failed_is_tried_again_by_its_own_button(project, people, save):
    make_items(project, ["one"])
    OverlapChange.objects.create(project=project, state="failed", error="The disk was full.")
    assert "The disk was full." in save.client.get(f"/p/{project.slug}/settings/").content.decode()
    save("overlap")
    assert OverlapChange.objects.filter(project=project).latest("pk").state == "done"


def test_a_label_that_was_given_is_archived(project, people, save):
    make_answer(make_items(project, ["one"])[0], people.annotator, {"label": "spam"})
    save(labels="ham [h]")
    assert project.labels.get(name="spam").archived
    assert "Archived: spam." in save.client.get(f"/p/{project.slug}/settings/").content.decode()


@pytest.mark.parametrize(
    ("data", "field", "kept"),
    [
        ({"name": "", "purpose": "kept"}, "name", "kept"),
        ({"labels": "kept\nkept", "name": "Other"}, "labels", 'value="Other"'),
        (SETTINGS | {"overlap": 0, "strategy": "margin"}, "overlap", 'value="margin" selected'),
        (SETTINGS | {"eval_share": 70, "retrain_every": 77}, "eval_share", 'value="77"'),
        ({"instructions": "kept", "labels": "ham [h]\nspam [h]"}, "labels", "kept"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_is_lost(project, save, data, field, kept):
    before = Project.objects.values().get()
    response = save(**data)
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    content = response.content.decode()
    assert kept in content
    assert "Not saved yet" in content
    assert Project.objects.values().get() == before, "all or nothing"


def test_deleting_needs_the_address_and_says_so_beside_the_field(project, save):
    response = save("delete", slug="kept")
    assert response.status_code == 400
    assert list(response.context["delete"].errors) == ["slug"]


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
    assert save("everything", nothing="x").status_code == 302
    assert Project.objects.values().get() == before
