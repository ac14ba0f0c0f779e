"""The page of the label scheme: a change is shown, then made, and the last one undone."""

import pytest

from labeling.models import SchemeChange
from labeling.services.scheme.words import describe_label
from tests.factories import make_answer, make_items, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(project, people, browser_of):
    for item, label in zip(make_items(project, ["a", "b"]), ("ham", "spam"), strict=True):
        make_answer(item, people.annotator, {"label": label})
    browser, url = browser_of(people.manager), f"/p/{project.slug}/settings/labels/"

    def ask(status=200, **given):
        response = browser.post(url, given, follow=True) if given else browser.get(url)
        assert response.status_code == status
        return " ".join(response.content.decode().split())

    return ask


def test_a_merge_is_shown_then_made_then_undone(page, project):
    assert "The labels are what they were at first" in page()
    wanted = {"operation": "merge", "names": ["ham", "spam"], "into": "mail", "reason": "all the same"}
    seen = page(**wanted)
    assert "“ham”, “spam” merged into “mail”." in seen
    assert "2 answers are read otherwise; labels then: mail." in seen
    assert '<textarea name="names" hidden>spam</textarea>' in seen
    assert not SchemeChange.objects.exists()
    done = page(**wanted, version=1, step="make")
    assert "Version 2: “ham”, “spam” merged into “mail”." in done
    assert "all the same" in done
    assert "Undo the last change" in done
    late = page(400, **wanted, version=1, step="make")
    assert "at version 2 by now" in late
    assert "2 answers are read otherwise" in page(operation="undo", version=2)
    page(operation="undo", version=2, step="make")
    assert sorted(project.labels.names()) == ["ham", "spam"]
    page(operation="describe", name="ham", description="Wanted.", step="make")
    back = page(operation="undo", to=2, version=4)
    assert "Back to version 2: 2 changes undone." in back
    assert "<li>“ham” described.</li><li>Back to version 1.</li>" in back
    assert '<textarea name="to" hidden>2</textarea>' in back
    assert 'Go back<span class="visually-hidden"> to version 1</span>' in page()
    assert "Version 5: Back to version 2" in page(operation="undo", to=2, version=4, step="make")
    assert "Expected the number of a version before 5" in page(400, operation="undo", to=7)


def test_a_split_says_how_many_items_are_asked_again(page, project):
    seen = page(operation="split", name="spam", parts="adverts\n\nphishing\n")
    assert "1 item is asked again; labels then: ham, adverts, phishing." in seen
    assert '<textarea name="parts" hidden>adverts phishing</textarea>' in seen
    refused = page(400, operation="split", name="spam", parts="adverts")
    assert "A label is split into 2 to 50 labels." in refused
    page(operation="split", name="spam", parts="adverts\nphishing", step="make")
    assert [label.name for label in project.labels.in_use()] == ["ham", "adverts", "phishing"]


def test_a_label_is_described_and_annotators_read_it(page, project, people, browser_of):
    page(operation="describe", name="spam", description="Nobody asked.", examples="WIN\nfree <b>", step="make")
    assert "2 examples" in page()
    shown = browser_of(people.annotator).get(f"/p/{project.slug}/annotate/").content.decode()
    assert "Nobody asked." in shown
    assert "<li>free &lt;b&gt;</li>" in shown


def test_a_label_is_retired(page, project):
    assert "retired." in page(operation="retire", name="spam", step="make")
    assert "Out of use: spam." in page()
    assert page(400, operation="nothing", step="make")


def test_steps_of_a_scale_say_why_they_are_not_merged(people, browser_of):
    project = make_project(slug="r", kind="rating", labels=("1", "2"), manager=people.manager)
    shown = browser_of(people.manager).get(f"/p/{project.slug}/settings/labels/").content.decode()
    assert "steps of a scale" in shown
    assert "Merge several" not in shown


def test_what_is_described_is_in_the_form_again(project, people, browser_of):
    describe_label(people.manager, project, "spam", description="Nobody asked.", examples=["WIN"])
    shown = browser_of(people.manager).get(f"/p/{project.slug}/settings/labels/?describe=spam").content.decode()
    assert "Nobody asked.</textarea>" in shown
    assert "WIN" in shown


def test_a_project_without_labels_of_its_own_has_no_such_page(people, browser_of):
    project = make_project(slug="p", kind="pairwise", labels=(), manager=people.manager)
    assert browser_of(people.manager).get(f"/p/{project.slug}/settings/labels/").status_code == 404


def test_an_export_offers_the_versions(page, project, people, browser_of):
    page(operation="merge", names=["ham", "spam"], into="mail", step="make")
    url = f"/p/{project.slug}/export/"
    shown = browser_of(people.manager).get(url, {"scheme": "1"}).content.decode()
    assert "version 2: “ham”, “spam” merged" in shown
    assert "scheme=1" in shown
    assert browser_of(people.manager).get(url, {"scheme": "9"}).status_code == 200
