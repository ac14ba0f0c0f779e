"""A project that says what its mistakes cost: what is taken, what a run and its page make of it, what is predicted."""

import random

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import Annotation, ApiToken, Project, Split
from labeling.selectors.costs import matrix_of, told
from labeling.services.projects.manage import update_project
from labeling.services.projects.renames import rename_label
from labeling.services.validation.errors import Invalid
from learning.models import Alert, ModelVersion, PredictionFeedback, ReleaseMode, Run, ServedPrediction
from learning.services.feedback.look import look
from learning.services.registry import promotion
from learning.services.release.start import start
from learning.services.runs.decide import decide
from learning.services.serving import loading
from tests.factories import make_answers, make_items, make_project
from tests.learning.people import make_text_project
from tests.learning.predictor import served_in_process
from tests.learning.test_training import trained

pytestmark = pytest.mark.django_db
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


TEXTS = {"ham": "see you at lunch", "spam": "win a free prize now", "fraud": "confirm your bank password"}
#: To miss a fraud is dear, and to suspect one costs a look.
DEAR = {
    "ham": {"ham": 0, "spam": 1, "fraud": 2}, "spam": {"ham": 1, "spam": 0, "fraud": 2},
    "fraud": {"ham": 20, "spam": 20, "fraud": 0},
}  # fmt: skip
PROMISED = {"matrix": DEAR, "unit": "€", "review": 3, "skip": 4, "most_acceptable": 1, "deadline_ms": 60_000}
URL = "/api/v1/projects/texts/"


def build(manager):
    """Two runs of a project with costs. What the first model learns knows frauds and guesses at the rest, the second
    the other way round: it is right more often, and dearer."""
    project = make_project(manager=manager, slug="texts", retrain_every=20, labels=tuple(TEXTS))
    rng = random.Random(0)
    truths = ["fraud"] * 60 + ["ham"] * 120 + ["spam"] * 120
    rng.shuffle(truths)
    every = [f"{TEXTS[truth]} word{rng.randrange(50)} {number}" for number, truth in enumerate(truths)]
    make_items(project, every[:90])
    make_items(project, every[90:], split=Split.EVAL)
    items = list(project.items.order_by("ordinal"))
    make_answers((item, manager, {"label": truth}) for item, truth in zip(items[90:], truths[90:], strict=True))

    def learns(n, of):
        rows = list(zip(items, truths, strict=True))[n : n + 45]
        make_answers((item, manager, {"label": of(truth)}) for item, truth in rows)
        trained(project)

    update_project(manager, project, costs={"matrix": DEAR, "unit": "€"})
    learns(0, lambda truth: truth if truth == "fraud" else rng.choice(("ham", "spam")))
    for row in Annotation.objects.filter(item__split=Split.POOL).select_related("item"):
        right = truths[items.index(row.item)]
        Annotation.objects.filter(pk=row.pk).update(answer={"label": "ham" if right == "fraud" else right})
    learns(45, lambda truth: "ham" if truth == "fraud" else truth)


@pytest.fixture
def texts(people, built_once, monkeypatch):
    built_once(lambda: build(people.manager))
    served_in_process(monkeypatch)
    monkeypatch.setattr(loading, "FRESH_S", -1.0)
    return Project.objects.get(slug="texts")


def test_of_two_models_the_cheaper_one_is_used_and_the_more_accurate_one_refused(texts, people, client, api):
    cheap, accurate = ModelVersion.objects.order_by("number")
    assert accurate.metrics["accuracy"]["low"] > cheap.metrics["accuracy"]["high"]
    assert accurate.metrics["cost_per_case"]["low"] > cheap.metrics["cost_per_case"]["high"]
    assert (cheap.status, accurate.status) == ("champion", "rejected")
    why = accurate.decisions.first().reason
    assert "Clearly dearer" in why
    assert "it costs 3.9 € a case" in why.lower()
    client.force_login(people.manager)
    page = client.get(f"/p/texts/models/{accurate.number}/").content.decode()
    assert "What its answers cost" in page
    assert "Clearly dearer" in page
    # of a text between ham and spam that may be a fraud the answer is by the costs of now, not the likelier one
    asks = api(people.manager)
    said = {"rows": [{"text": TEXTS["fraud"]}]}
    assert asks.post(f"{URL}predict/", said, format="json").json()[0]["label"] == "fraud"
    harmless = {truth: {answer: 0 if answer != "fraud" else 9 for answer in TEXTS} for truth in TEXTS}
    assert asks.patch(URL, {"costs": {"matrix": harmless}}, format="json").json()["costs"]["matrix"] == harmless
    assert asks.post(f"{URL}predict/", said, format="json").json()[0]["label"] != "fraud"
    asks.patch(URL, {"costs": PROMISED | {"review": 1e-6}}, format="json")
    assert asks.post(f"{URL}predict/", said, format="json").json()[0]["status"] == "unsure"
    assert decide(texts.pk) is not None
    run = Run.objects.get(state="queued")
    assert (run.trigger, run.reason) == ("settings", "what mistakes cost was changed")
    # without costs being right more often is what counts: the same answers make the next model the champion
    run.delete()
    asks.patch(URL, {"costs": {}}, format="json")
    trained(Project.objects.get(pk=texts.pk))
    by_accuracy = ModelVersion.objects.get(status="champion")
    assert by_accuracy.number == 3
    assert "costs" not in by_accuracy.decisions.first().numbers


def test_in_production_mode_programs_are_answered_by_what_keeps_the_promise_alone(texts, people, client, api):
    asks, program = api(people.manager), APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Token {ApiToken.issue(people.manager, 'shop', scopes='predict')[1]}")

    def patched(**fields):
        return asks.patch(URL, fields, format="json")

    def predicted(who=program, query=""):
        answer = who.post(f"{URL}predict/{query}", {"rows": [{"text": TEXTS["ham"]}]}, format="json")
        return answer.status_code, (answer.json()[0]["model"] if answer.status_code == 200 else answer.json()["code"])

    def looked():
        look(texts.pk, random.Random(0))
        return set(Alert.objects.open().values_list("kind", flat=True))

    on = {"production_mode": "on"}
    refused = patched(settings=on)
    assert refused.status_code == 400
    for name in ("review", "skip", "most_acceptable", "deadline_ms"):
        assert f"costs.{name}" in str(refused.json())
    client.force_login(people.manager)
    page = client.post("/p/texts/settings/", {"part": "production"})
    assert page.status_code == 400
    assert 'href="#costs-skip"' in page.content.decode()
    assert patched(costs={"all_mistakes": 0, "review": 1}).status_code == 400
    told = patched(costs=PROMISED | {"matrix": {}, "all_mistakes": 2}).json()["costs"]
    assert (told["all_mistakes"], told.get("matrix")) == (2, None)
    assert 'value="2"' in client.get("/p/texts/settings/").content.decode()
    assert patched(costs=PROMISED, settings=on).json()["settings"]["production_mode"] == "on"
    assert patched(costs={"matrix": DEAR}).status_code == 400  # what is promised stays stated
    # until a worker has measured by what is stated now programs are told when to ask again
    assert predicted() == (503, "not_measured_yet")
    assert looked() == set()
    assert predicted() == (200, 1)
    assert predicted(query="?version=2") == (409, "below_minimum")
    assert predicted(asks, "?version=2") == (200, 2)  # a person may look at any
    cheap, accurate = ModelVersion.objects.order_by("number")
    for refuses in (
        lambda: promotion.promote(people.manager, accurate, "it is right more often"),
        lambda: start(people.manager, texts, 2, "try it", mode=ReleaseMode.AB),
    ):
        texts.refresh_from_db()
        with pytest.raises(Invalid, match="production mode"):
            refuses()
    start(people.manager, texts, 2, "look at it")  # a shadow answers nobody
    assert predicted() == (200, 1)
    # what callers meet: two dear mistakes are bad luck, and as many as this are none
    alarms = []
    for n_wrong in (2, 60):
        ServedPrediction.objects.all().delete()
        for number in range(100):
            answered = {"answer": {"label": "ham"}, "content_hash": f"{number}"}
            served = ServedPrediction.objects.create(
                id=number, project=texts, model_version=cheap, status="ok", created_at=timezone.now(), **answered
            )
            PredictionFeedback.objects.update_or_create(
                project=texts, prediction=served.pk, caller="shop", content_hash=served.content_hash, form="label",
                defaults={"answer": {"label": "fraud" if number < n_wrong else "ham"}, "model_version": cheap},
            )  # fmt: skip
        alarms.append(looked())
    assert alarms == [set(), {"dear_at_work"}]
    mode = asks.get(f"{URL}production/").json()["mode"]
    assert (mode["is_on"], mode["lacking"], mode["champion"]["is_met"]) == (True, [], True)
    assert (mode["at_work"]["known"], mode["at_work"]["value"]) == (100, 12.0)
    assert mode["at_work"]["low"] > 1
    # below the minimum nobody is answered, and an alert says so
    patched(costs=PROMISED | {"most_acceptable": 0.5})
    assert "nobody_answers" in looked()
    assert predicted() == (409, "below_minimum")
    fragment = client.get("/p/texts/fragments/production/").content.decode()
    assert "at most 0.5 € is acceptable" in fragment
    assert client.post("/p/texts/settings/", {"part": "production", "off": "1"}).status_code == 302
    assert predicted() == (200, 1)
    assert looked() == set()
    # the form of costs: what is wrong stands beside it, and it takes the costs away
    cells = {f"cost-{t.pk}-{a.pk}": DEAR[t.name][a.name] for t in texts.labels.all() for a in texts.labels.all()}
    wrong = client.post("/p/texts/settings/", {"part": "costs", **cells, "review": "x"})
    assert wrong.status_code == 400
    assert "review: Expected a number." in wrong.content.decode()
    assert client.post("/p/texts/settings/", {"part": "costs", **cells, "review": "2,5"}).status_code == 302
    texts.refresh_from_db()
    assert texts.costs["review"] == 2.5
    assert client.post("/p/texts/settings/", {"part": "costs", "none": "1"}).status_code == 302
