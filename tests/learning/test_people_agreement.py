"""Agreement in all, by label and two by two, and its page."""

import pytest

from labeling.models import Member, Role
from labeling.selectors.agreement import agreement
from labeling.services.quality.quarantine import set_in_quarantine
from learning.selectors.people_agreement import NOTHING_TWICE, SAME, agreement_report
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = pytest.mark.django_db

SAID = {"ann": "ham ham spam spam ham spam", "ben": "ham ham spam spam ham ham", "cleo": "spam spam ham ham spam ham"}


@pytest.fixture
def answered(project):
    return give(project, {name: [{"label": label} for label in said.split()] for name, said in SAID.items()})


def give(project, answers):
    """Everybody's answers to the same items."""
    type(project).objects.filter(pk=project.pk).update(overlap=3)
    project.refresh_from_db()
    items = make_items(project, [f"text {n}" for n in range(len(next(iter(answers.values()))))])
    for name, given in answers.items():
        person = UserFactory(username=name)
        Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
        for item, answer in zip(items, given, strict=True):
            make_answer(item, person, answer)
    return project


def test_two_by_two_and_in_all(people, answered):
    report = agreement_report(answered)
    assert report.overall.estimate.value == pytest.approx(agreement(answered)["alpha"])
    found = {(report.people[pair.one], report.people[pair.other]): pair.found for pair in report.pairs}
    assert found["ann", "ben"].estimate.value > 0.5 > 0 > found["ann", "cleo"].estimate.value
    assert {one.n for one in found.values()} == {6}
    # of two labels, whether one was given is whether the other was not
    (_, ham), (_, spam) = sorted(report.labels)
    assert ham.estimate.value == spam.estimate.value == pytest.approx(report.overall.estimate.value)
    set_in_quarantine(people.manager, answered, "cleo", "The other way round.")
    assert agreement_report(answered).people == ("ann", "ben")


@pytest.mark.parametrize(
    ("kind", "labels", "answers"),
    [
        ("rating", ("1", "2", "3"), [{"rating": step} for step in (1, 2, 3, 3, 2, 1)]),
        ("multilabel", ("a", "b"), [{"labels": list(labels)} for labels in ("", "a", "b", "ab", "a", "")]),
    ],
)
def test_the_distance_is_that_of_the_kind(db, kind, labels, answers):
    project = give(make_project(kind=kind, labels=labels), {"ann": answers, "ben": [*answers[1:], answers[0]]})
    assert agreement_report(project).overall.estimate.value == pytest.approx(agreement(project)["alpha"])


def test_where_everybody_said_the_same_it_is_undefined_and_said_so(project, people, browser_of):
    give(project, {"ann": [{"label": "ham"}] * 6, "ben": [{"label": "ham"}] * 6})
    assert (agreement_report(project).overall.estimate, agreement_report(project).overall.words) == (None, SAME)
    page = browser_of(people.viewer).get(f"/p/{project.slug}/members/agreement/").content.decode()
    assert "undefined: everybody said the same" in page
    fragment = browser_of(people.viewer).get(f"/p/{project.slug}/agreement/").content.decode()
    assert "alpha is undefined: everybody said the same" in fragment


def test_where_nothing_was_answered_twice_the_page_says_what_to_do(project, people, browser_of):
    assert agreement_report(project).overall.words == NOTHING_TWICE
    page = browser_of(people.manager).get(f"/p/{project.slug}/members/agreement/").content.decode()
    assert "No item has answers of two people yet." in page
    assert "Settings" in page


def test_the_page_has_a_picture_and_viewers_read_pseudonyms(answered, people, browser_of):
    address = f"/p/{answered.slug}/members/agreement/"
    page = browser_of(people.manager).get(address).content.decode()
    assert page.count('<rect class="matrix__cell matrix__cell--') == 6 + 7
    assert "ann and ben: " in page
    blind = browser_of(people.viewer).get(address).content.decode()
    assert "ann and ben" not in blind
    assert "person-" in blind
