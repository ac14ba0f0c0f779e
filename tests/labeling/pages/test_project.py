"""The page of a project: one clear next step, and the numbers."""

import pytest
from django.utils import timezone

from labeling.models import ImportBatch, Label, Progress, Project
from labeling.pages.project import next_step
from labeling.selectors.progress import progress
from tests.factories import make_answer, make_items


@pytest.fixture
def page(project, browser_of):
    def get(user):
        return browser_of(user).get(f"/p/{project.slug}/").content.decode()

    return get


def test_first_labels_then_items_then_labeling_then_export(project, people, page):
    Label.objects.all().delete()
    assert "Add labels" in page(people.manager)
    Label.objects.create(project=project, name="ham")
    assert "Import items" in page(people.manager)
    assert "a manager imports it" in page(people.annotator)
    batch = ImportBatch.objects.create(project=project, format="csv", path="x")
    assert "Watch the import" in page(people.manager)
    batch.delete()
    item = make_items(project, ["one"])[0]
    assert "Start labeling" in page(people.annotator)
    assert "1 item is waiting for an annotator." in page(people.viewer)
    make_answer(item, people.annotator, {"label": "ham"})
    assert "Export the labels" in page(people.viewer)
    assert "Thank you." in page(people.annotator)
    Project.objects.update(archived_at=timezone.now())
    assert "This project is archived" in page(people.annotator)


def test_numbers_of_the_page(project, people, page):
    items = make_items(project, [f"text {n}" for n in range(4)])
    make_items(project, ["measured"], split="eval")
    make_answer(items[0], people.manager, {"label": "spam"})
    make_answer(items[1], people.annotator, {"label": "ham"})
    content = page(people.manager)
    assert "2 of 5 items labeled" in content
    assert "50 %" in content
    assert "You have answered 1." in content
    assert "2 today, 2 in the last hour" in content
    assert "half of the answers took less than 1.2 s" in content
    assert "came with imports" not in content
    Progress.objects.update(imported_annotations=1)
    assert "1 answer came with imports" in page(people.viewer)
    Progress.objects.update(imported_annotations=1_200)
    assert "1,200 answers came with imports" in page(people.viewer)


def test_who_labeled_is_for_reviewers(project, people, page):
    make_answer(make_items(project, ["one"])[0], people.manager, {"label": "spam"})
    assert "Who labeled" in page(people.reviewer)
    assert "Who labeled" not in page(people.viewer)


def test_instructions_are_rendered_clean(project, people, page):
    project.instructions_versions.create(number=1, text="**Bold** <img src=x onerror=alert(1)> [x](javascript:y)")
    Project.objects.update(instructions_version=1)
    content = page(people.annotator)
    assert "<strong>Bold</strong>" in content
    assert "onerror=" not in content.replace("onerror=alert(1)&gt;", "")
    assert 'href="javascript' not in content


def test_cost_does_not_grow_with_items_and_people(project, people, browser_of, django_assert_max_num_queries):
    for item in make_items(project, [f"text {n}" for n in range(30)]):
        make_answer(item, people.manager, {"label": "spam"})
    client = browser_of(people.manager)
    with django_assert_max_num_queries(20):
        client.get(f"/p/{project.slug}/")


def test_agreement_comes_by_itself(project, people, browser_of):
    Project.objects.update(overlap=2)
    project.refresh_from_db()
    item = make_items(project, ["one"])[0]
    make_answer(item, people.manager, {"label": "spam"})
    make_answer(item, people.annotator, {"label": "ham"})
    assert "hx-get" in browser_of(people.manager).get(f"/p/{project.slug}/").content.decode()
    fragment = browser_of(people.viewer).get(f"/p/{project.slug}/agreement/").content.decode()
    assert "Several people answered 1 item" in fragment
    assert "0 %" in fragment


def test_works_with_learning_switched_off(project, people, page, monkeypatch):
    from django.urls import NoReverseMatch

    from labeling.pages import navigation
    from labeling.pages import project as module

    def reverse(name, *args, **kwargs):
        if name.startswith("learning"):
            raise NoReverseMatch
        return "/x/"

    monkeypatch.setattr(navigation, "reverse", reverse)
    monkeypatch.setattr(module, "reverse", reverse)
    make_items(project, ["one"])
    assert "Last runs" not in page(people.manager)


def test_next_step_of_a_project_without_open_items_but_with_set_aside_ones(project, people):
    Progress.objects.update(pool_items=3, set_aside=3)
    step = next_step(project, progress(project), frozenset(), is_importing=False)
    assert step.button == ""
