"""The practice round in a browser: by the keys of real questions, with what is said after each."""

import pytest

from labeling.models import Annotation, KnownAnswer, PracticeRound
from tests.e2e.desk import press, project_with, saved, task_of
from tests.factories import make_items


@pytest.fixture
def practising(annotator):
    project = project_with(
        annotator, [f"real {n}" for n in range(5)], slug="mail", practice_questions=3, practice_pass=0.6
    )
    for item in make_items(project, [f"practice {n}: is this ham?" for n in range(6)]):
        KnownAnswer.objects.create(
            project=project, item=item, answer={"label": "ham"}, explanation="It asks for ham.", origin="hand"
        )
    return project


@pytest.mark.parametrize("width", [1280, 390])
def test_somebody_fails_tries_again_and_gets_the_first_real_question(open_page, annotator, practising, width, tmp_path):
    page = open_page(annotator, "/p/mail/annotate/", viewport={"width": width, "height": 800})
    page.screenshot(path=tmp_path / f"before-{width}.png")
    page.keyboard.press("Enter")  # the button has the focus
    for key, said in (("2", "Not right"), ("2", "Not right"), ("1", "Right")):
        press(page, key)
        page.wait_for_selector("#feedback[open]")
        assert page.inner_text("#feedback h2") == said
        assert "True is: ham." in page.inner_text("#feedback")
        assert "It asks for ham." in page.inner_text("#feedback")
        assert "practice" in page.inner_text("#feedback [data-part=about]")
        page.screenshot(path=tmp_path / f"said-{width}-{said[:3]}.png")
        page.keyboard.press("Enter")
        page.wait_for_selector("#feedback[open]", state="detached")
    page.wait_for_selector("text=Not passed yet")
    assert "1 of 3 were right" in page.inner_text("main")
    page.screenshot(path=tmp_path / f"failed-{width}.png")
    page.keyboard.press("Enter")
    for _ in range(3):
        press(page, "1")
        page.wait_for_selector("#feedback[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("#feedback[open]", state="detached")
    page.wait_for_selector(".head__mine", state="attached")  # the page of real questions
    task_of(page)
    assert not Annotation.objects.exists()
    assert list(PracticeRound.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "passed"]
    page.keyboard.press("2")
    saved(page)
    assert Annotation.objects.filter(answer={"label": "spam"}).count() == 1
