"""A project that says what its mistakes cost: what is taken, what a run and its page make of it, what is predicted."""

import pytest

from labeling.models import Split
from labeling.selectors.costs import matrix_of, told
from labeling.services.projects.manage import update_project
from labeling.services.projects.renames import rename_label
from labeling.services.validation.errors import Invalid
from learning.models import Alert, ModelVersion, Run
from learning.services.runs.decide import decide
from learning.services.serving import loading
from tests.learning.people import answer_some, make_text_project
from tests.learning.predictor import served_in_process
from tests.learning.test_training import trained

pytestmark = pytest.mark.django_db
SPAM, HAM = "win a free prize now word4 word7 word31 word90 12", "see you at lunch word8 word1 word55 word20 30"
MATRIX = {"ham": {"ham": 0, "spam": 1e8}, "spam": {"ham": 1, "spam": 0}}
COSTS = {"matrix": MATRIX, "unit": "€"}


def refused(project, user, costs):
    with pytest.raises(Invalid) as error:
        update_project(user, project, costs=costs)
    return f"{error.value.field}: {error.value.reason}"


def test_costs_are_checked_by_name_and_kept_by_identity(people):
    project, user = make_text_project(people.manager, n_pool=4, n_eval=2), people.manager
    for costs, words in (
        ([1], "costs: Expected an object."),
        ({"price": 1}, "costs.price: There is no such cost."),
        ({"review": 1}, "costs.matrix: Expected what each answer costs"),
        ({"matrix": MATRIX | {"eggs": {}}}, "costs.matrix: There is no label 'eggs' in use."),
        ({"matrix": {"ham": MATRIX["ham"]}}, "costs.matrix: The label 'spam' is missing."),
        ({"matrix": MATRIX | {"ham": {"ham": 0}}}, "costs.matrix.ham: The label 'spam' is missing."),
        ({"matrix": MATRIX | {"ham": {"ham": 0, "spam": -1}}}, "costs.matrix.ham.spam: A cost is at least 0."),
        ({"matrix": MATRIX | {"ham": {"ham": 0, "spam": float("nan")}}}, "costs.matrix.ham.spam: Expected a number."),
        ({"matrix": {a: dict.fromkeys(MATRIX, 1) for a in MATRIX}}, "costs.matrix: All answers cost the same"),
        (COSTS | {"deadline_ms": 0}, "costs.deadline_ms: No answer takes no time"),
    ):
        assert words in refused(project, user, costs)
    update_project(user, project, costs=COSTS | {"review": 2})
    rename_label(user, project, "ham", "mail")
    project.refresh_from_db()
    assert told(project)["matrix"]["mail"] == {"mail": 0.0, "spam": 1e8}
    # a label made of two costs what the dearer of them did, one that came since is as dear to mistake as any
    assert matrix_of(project.costs, ["all", "new"], {"ham": "all", "spam": "all"}) == ((0.0, 1e8), (1e8, 0.0))
    update_project(user, project, costs={})
    assert told(project) == {}


def test_a_run_its_page_and_predictions_follow_the_costs_of_now(people, api, client, monkeypatch):
    served_in_process(monkeypatch)
    monkeypatch.setattr(loading, "FRESH_S", -1.0)
    project = make_text_project(people.manager, n_pool=60, n_eval=20, slug="texts")
    answer_some(project, people.manager, 40)
    answer_some(project, people.manager, 20, Split.EVAL)
    trained(project)
    asks, url = api(people.manager), "/api/v1/projects/texts/"

    def predicted():
        return asks.post(f"{url}predict/", {"rows": [{"text": SPAM}]}, format="json").json()[0]

    assert predicted()["label"] == "spam"
    assert asks.patch(url, {"costs": {"matrix": {}}}, format="json").status_code == 400
    assert asks.patch(url, {"costs": COSTS}, format="json").json()["costs"]["matrix"] == MATRIX
    assert predicted()["label"] == "ham"  # nobody is so sure of spam that a lost letter is worth it
    asks.patch(url, {"costs": COSTS | {"review": 1e-6, "most_acceptable": 0.0}}, format="json")
    assert predicted()["status"] == "unsure"
    assert decide(project.pk) is not None
    run = Run.objects.get(state="queued")
    assert (run.trigger, run.reason) == ("settings", "what mistakes cost was changed")
    run.delete()
    project.refresh_from_db()
    trained(project)
    version = ModelVersion.objects.order_by("-number").first()
    assert version.run.environment["parameters"]["costs"] == project.costs
    cost = version.metrics["cost_per_case"]
    assert cost["low"] < cost["value"] + 1e-12
    assert cost["low"] < cost["high"]
    assert version.baselines["majority"]["cost_per_case"]
    verdict = version.decisions.order_by("pk").first()
    assert "acceptable cost" in verdict.reason
    assert verdict.numbers["costs"]["own"]["value"] == pytest.approx(cost["value"])
    client.force_login(people.manager)
    page = client.get(f"/p/texts/models/{version.number}/").content.decode()
    assert "What its answers cost" in page
    assert "A person, every case" in page
    # the form takes the costs away, says what is wrong beside it, and saves
    settings = "/p/texts/settings/"
    cells = {f"cost-{t.pk}-{a.pk}": MATRIX[t.name][a.name] for t in project.labels.all() for a in project.labels.all()}
    wrong = client.post(settings, {"part": "costs", **cells, "review": "x"})
    assert wrong.status_code == 400
    assert "review: Expected a number." in wrong.content.decode()
    assert client.post(settings, {"part": "costs", **cells, "review": "2,5"}).status_code == 302
    project.refresh_from_db()
    assert project.costs["review"] == 2.5
    assert client.post(settings, {"part": "costs", "none": "1"}).status_code == 302
    assert not Alert.objects.filter(kind="too_dear").exists()  # there is no champion on twenty items
