"""Photos by keyboard: what is pressed is what the database holds."""

import pytest

from labeling.models import Annotation, Member, Role
from tests.e2e.pictures import drawn, make_pictures
from tests.e2e.site import wait_until
from tests.factories import UserFactory, make_project

LABELS = ("circle", "square", "triangle")


@pytest.fixture
def annotator(site):
    return UserFactory(username="ann")


@pytest.fixture
def photos(annotator):
    project = make_project(slug="shapes", name="Shapes", modality="image", labels=LABELS)
    Member.objects.create(project=project, user=annotator, role=Role.ANNOTATOR)
    make_pictures(project, [drawn(n) for n in range(45)])
    return project


def answers_of(project):
    rows = Annotation.objects.current().filter(project=project)
    return {row.item_id: row.answer["label"] for row in rows}


def on_the_table(page):
    """The task shown once its picture is there."""
    page.wait_for_selector("#item[data-task]:not([aria-busy]) .picture")
    return int(page.get_attribute("#item", "data-task"))


def all_saved(page):
    page.wait_for_selector("#save-state[data-state=saved]")


def test_thirty_by_keyboard(open_page, annotator, photos):
    page = open_page(annotator, "/p/shapes/annotate/")
    pressed = {}
    for n in range(30):
        task = on_the_table(page)
        assert task not in pressed
        pressed[task] = LABELS[n % 3]
        page.keyboard.press(str(n % 3 + 1))
    all_saved(page)
    wait_until(lambda: len(answers_of(photos)) == 30, 10, "30 answers")
    rows = Annotation.objects.filter(project=photos)
    assert {row.task_id: row.answer["label"] for row in rows} == pressed
    assert rows.count() == 30
