"""The list of projects, and creating one by form."""

import pytest
from django.contrib.auth.models import Permission as AccountPermission

from labeling.models import Member, Project, Role
from tests.factories import make_items, make_project

FORM = {
    "name": "Waste photos",
    "kind": "classification",
    "modality": "image",
    "labels": "glass [g]\npaper\n\n trash [t] ",
    "purpose": "Recycling.",
    "instructions": "# By **material**",
}


@pytest.fixture
def maker(people):
    """Somebody whose account may create projects."""
    people.stranger.user_permissions.add(AccountPermission.objects.get(codename="add_project"))
    return people.stranger


def test_lists_only_ones_own_projects_with_role_and_progress(project, people, browser_of):
    make_project(slug="other", name="Not mine")
    make_items(project, ["a", "b", "c"])
    content = browser_of(people.reviewer).get("/").content.decode()
    assert "SMS" in content
    assert "Not mine" not in content
    assert "Reviewer" in content
    assert "0 of 3 items labeled" in content


def test_says_what_to_do_when_there_is_nothing(people, browser_of, maker):
    assert "Create the first project" in browser_of(maker).get("/").content.decode()
    maker.user_permissions.clear()
    assert "ask a manager to add you by your user name, stranger" in browser_of(maker).get("/").content.decode()


def test_archived_projects_are_one_link_away(project, people, browser_of):
    Project.objects.update(archived_at=project.created_at)
    client = browser_of(people.viewer)
    assert "1 archived project" in client.get("/").content.decode()
    assert "SMS" in client.get("/?archived").content.decode()


def test_the_list_costs_the_same_for_many_projects(people, browser_of, django_assert_max_num_queries):
    for number in range(30):
        made = make_project(slug=f"p{number}", name=f"P {number}")
        Member.objects.create(project=made, user=people.viewer, role=Role.VIEWER)
    client = browser_of(people.viewer)
    with django_assert_max_num_queries(10):
        assert client.get("/").content.decode().count("project-card__sign") == 30


def test_creates_a_project(maker, browser_of):
    response = browser_of(maker).post("/projects/new/", FORM)
    assert response.headers["Location"] == "/p/waste-photos/imports/"
    project = Project.objects.get()
    labels = {label.name: label.hotkey for label in project.labels.all()}
    assert list(labels) == ["glass", "paper", "trash"]
    assert (labels["glass"], labels["trash"]) == ("g", "t")
    assert project.overlap == 1
    assert project.eval_share == 0.1
    assert project.instructions_versions.get().text == "# By **material**"
    assert Member.objects.get().role == Role.MANAGER


def test_settings_are_in_a_persons_units(maker, browser_of):
    browser_of(maker).post("/projects/new/", FORM | {"overlap": "3", "eval_share": "25", "lease_s": "0.5"})
    project = Project.objects.get()
    assert (project.overlap, project.eval_share, project.lease_s) == (3, 0.25, 30)


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        ({"name": ""}, "name"),
        ({"modality": ""}, "modality"),
        ({"kind": "guess"}, "kind"),
        ({"labels": ""}, "labels"),
        ({"kind": "rating", "labels": "1"}, "labels"),
        ({"kind": "multilabel", "labels": ""}, "labels"),
        ({"labels": "glass\nglass"}, "labels"),
        ({"labels": "glass [g]\ngreen [g]"}, "labels"),
        ({"overlap": "0"}, "overlap"),
        ({"eval_share": "80"}, "eval_share"),
        ({"lease_s": "soon"}, "lease_s"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_is_lost(maker, browser_of, change, beside):
    sent = FORM | change
    response = browser_of(maker).post("/projects/new/", sent)
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [beside]
    content = response.content.decode()
    assert "Recycling." in content
    assert "# By **material**" in content
    assert 'aria-invalid="true"' in content or beside in ("modality", "kind")
    assert not Project.objects.exists()


def test_markdown_preview_is_clean(people, browser_of):
    response = browser_of(people.viewer).post("/projects/preview/", {"instructions": "**a** <script>x</script>"})
    assert "<strong>a</strong>" in response.content.decode()
    assert "<script>" not in response.content.decode()


def test_labels_may_come_with_the_items_and_pairs_have_none(maker, browser_of):
    client = browser_of(maker)
    client.post("/projects/new/", FORM | {"name": "a", "labels": "", "labels_come": "on"})
    client.post("/projects/new/", FORM | {"name": "b", "labels": "", "kind": "pairwise"})
    client.post("/projects/new/", FORM | {"name": "c", "labels": "only", "kind": "multilabel"})
    assert [(p.slug, p.labels.count()) for p in Project.objects.order_by("slug")] == [("a", 0), ("b", 0), ("c", 1)]
