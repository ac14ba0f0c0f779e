"""A version that older code measured says so beside its intervals, on its page and in REST; a new one does not."""

import pytest

from labeling.models import Split
from learning.models import ModelVersion
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db
WORDS = "its intervals are by the method of then"


@pytest.fixture
def version(people):
    project = make_text_project(people.manager, n_pool=60, n_eval=20, retrain_every=10)
    answer_some(project, people.annotator, 20)
    answer_some(project, people.annotator, 12, Split.EVAL)
    run_training(decide(project.pk).pk)
    return ModelVersion.objects.get(project=project)


def told(browser_of, api, person, version) -> tuple[str, str]:
    page = browser_of(person).get(f"/p/{version.project.slug}/models/{version.number}/")
    rest = api(person).get(f"/api/v1/models/{version.pk}/")
    assert (page.status_code, rest.status_code) == (200, 200)
    return page.content.decode(), rest.json()["intervals_note"]


def test_a_version_of_today_needs_no_word(browser_of, api, people, version):
    page, note = told(browser_of, api, people.manager, version)
    assert (WORDS in page, note) == (False, "")
    assert "without what luck adds to it" in page


def test_a_version_of_before_says_it(browser_of, api, people, version):
    del version.report["version"]
    version.save(update_fields=["report"])
    page, note = told(browser_of, api, people.manager, version)
    assert WORDS in page
    assert WORDS in note
    assert "without what luck adds to it" not in page
