"""Doubtful predictions become items of the pool, within a budget, once each, and no estimate moves by how."""

import io
from collections import Counter
from datetime import timedelta
from random import Random
from types import SimpleNamespace

import numpy as np
import orjson
import pytest
from django.db.models import F
from django.utils import timezone
from PIL import Image

from labeling.models import ImportBatch, Item, JobState, Member, Project, Split, Task
from labeling.selectors.lure_weights import _NOT_DRAWN
from labeling.services.imports import run_import
from labeling.services.imports.run import ChunkStore
from labeling.services.imports.start import start_import
from labeling.services.serving.next_tasks import next_tasks
from learning.families.labels.family import LabelsFamily
from learning.models import DoubtfulPrediction, ModelVersion, ProductionFacts, ServedPrediction
from learning.models.served_prediction import first_id
from learning.services import retention
from learning.services.feedback import back, keep
from learning.services.feedback.look import look
from learning.services.feedback.sweep import sweep_production
from learning.services.pipeline.family import Said
from learning.services.serving import loading, rows
from learning.services.serving.answering import Caller, answer
from tests.factories import make_items, make_project
from tests.learning.conftest import RealWorker, until

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ROWS = [
    *({"text": f"unsure {n}", "id": f"theirs-{n}"} for n in range(17)), *({"text": f"odd {n}"} for n in range(8)),
    *({"text": f"known {n}"} for n in range(75)),
]  # fmt: skip


class Sizes:
    """An encoder that sees how a text begins, and a model that is unsure or has seen nothing like it by that."""

    def transform(self, contents):
        return np.array([[str(one).startswith("unsure"), str(one).startswith("odd")] for one in contents], np.float32)

    threshold = 0.5

    def score(self, features):
        return features[:, 1]


def predictor_of(project, encoder=None):
    version, _ = ModelVersion.objects.get_or_create(
        project=project, number=1, defaults={"trained_on": 1, "labels": ["ham", "spam"]}
    )
    version.project = Project.objects.get(pk=project.pk)

    def say(x):
        sure = np.where(x[:, 0] > 0, 0.5, 0.99)
        said, stored = [{"label": "spam"}] * len(x), ['{"label": "spam"}'] * len(x)
        return Said(np.column_stack([1 - sure, sure]), said, stored, sure)

    speaker, encoder = SimpleNamespace(names=["ham", "spam"], say=say), encoder or Sizes()
    model = SimpleNamespace(outlier_detector=encoder)
    return loading.Predictor(version, encoder, model, speaker, loading.RowBuilder(version.project))


def ask(project, user, sent, **options):
    predictor = predictor_of(project)
    asked = rows.read_json(predictor.builder, orjson.dumps({"rows": sent}))
    return answer(predictor, asked, Caller(user.pk), **{"keeps_doubts": True, **options})


def day_later(project):
    DoubtfulPrediction.objects.filter(taken_at__isnull=False).update(taken_at=F("taken_at") - timedelta(days=1))


def came_back(project):
    items = Item.objects.filter(project=project, origin="production")
    return Counter(items.values_list("split", flat=True))


class Killed(BaseException):
    """As when a worker is ended: nothing catches it."""


def test_a_hundred_predictions_of_which_seventeen_are_unsure_bring_seventeen_items_whatever_dies(people, monkeypatch):
    project = make_project(slug="back", manager=people.manager, eval_share=0.5, labels=("ham", "spam"))
    ask(project, people.manager, ROWS)
    assert not DoubtfulPrediction.objects.exists(), "off by default"
    Project.objects.filter(pk=project.pk).update(production_a_day=100)
    ask(project, people.manager, ROWS[:3], keeps_doubts=False)
    assert not DoubtfulPrediction.objects.exists(), "an older model that somebody names says nothing of what is in use"
    for _ in range(2):
        said = ask(project, people.manager, ROWS)
    assert Counter(one["status"] for one in said) == {"unsure": 17, "outlier": 8, "ok": 75}
    assert DoubtfulPrediction.objects.count() == 25

    assert sweep_production()["projects"] == [project.pk]
    assert sweep_production()["projects"] == [], "asked once while nobody has looked"
    taken = back._take

    def dies(*args):
        taken(*args)
        raise Killed

    monkeypatch.setattr(back, "_take", dies)
    with pytest.raises(Killed):
        look(project.pk, Random(0))
    assert not ImportBatch.objects.exists(), "all of it or nothing"
    monkeypatch.setattr(back, "_take", taken)
    assert look(project.pk, Random(0))["came_back"] == 25
    batch = ImportBatch.objects.get()
    stores = ChunkStore.store
    monkeypatch.setattr(ChunkStore, "store", lambda *args: (stores(*args), (_ for _ in ()).throw(Killed()))[0])
    with pytest.raises(Killed):
        run_import(batch.pk)
    monkeypatch.setattr(ChunkStore, "store", stores)
    ImportBatch.objects.all().let_go(ImportBatch.objects.get().worker)
    assert run_import(batch.pk)["outcome"] == "done"
    assert came_back(project) == {"pool": 25}, "none is held out, though every second item is"
    assert set(Item.objects.filter(project=project).values_list("external_id", flat=True)) == {None}

    for _ in range(2):
        ask(project, people.manager, ROWS)
        look(project.pk, Random(0))
        DoubtfulPrediction.objects.filter(taken_at__isnull=False).delete()  # forgotten: the items are there
    assert came_back(project) == {"pool": 25}
    assert (ImportBatch.objects.count(), DoubtfulPrediction.objects.count()) == (1, 0)


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_two_kills_of_a_worker_bring_every_doubt_back_once(real_worker: RealWorker, people):
    project = make_project(slug="back", manager=people.manager, labels=("ham", "spam"), production_a_day=100)
    ask(project, people.manager, ROWS)
    real_worker.start_scheduler()
    for place in ("learning.services.feedback.back:_take:after", "labeling.services.imports.run:_finish:before"):
        real_worker.pause_at(place)
        real_worker.start()
        real_worker.send("learning.look_at_production", project.pk)
        real_worker.wait_until_paused()
        real_worker.kill()
        assert came_back(project) == ({"pool": 25} if "_finish" in place else {})
    real_worker.start()
    done = ImportBatch.objects.filter(project=project, state=JobState.DONE)
    assert until(done.first, "the import ends", log=real_worker.log).accepted == 25
    assert (came_back(project), ImportBatch.objects.count()) == ({"pool": 25}, 1)


def test_a_budget_holds_over_the_day_and_outliers_have_a_share_of_their_own(people, api, browser_of, monkeypatch):
    project = make_project(slug="back", manager=people.manager, labels=("ham", "spam"))
    Project.objects.filter(pk=project.pk).update(production_a_day=10, production_outliers=0.3)
    for first in (0, 5, 10, 15):  # more and more of them wait
        ask(project, people.manager, [*ROWS[first : first + 5], *ROWS[17:25]])
        look(project.pk, Random(first))
        assert look(project.pk, Random(first))["came_back"] == 0, "each import asks for a run: not one after the other"
        with monkeypatch.context() as patched:
            patched.setattr(back, "BETWEEN_S", 0)
            look(project.pk, Random(first))
    taken = DoubtfulPrediction.objects.filter(taken_at__isnull=False)
    assert Counter(taken.values_list("status", flat=True)) == {"unsure": 7, "outlier": 3}
    chances = dict(taken.values_list("status", "chance"))
    assert chances["outlier"] == pytest.approx(3 / 8)
    told = api(people.manager).get("/api/v1/projects/back/production/").json()
    assert (told["left"], told["waiting"]) == ({"unsure": 0, "outlier": 0}, {"unsure": 10, "outlier": 5})
    page = browser_of(people.manager).get("/p/back/fragments/production/").content.decode()
    assert ("7 of 7" in page, "3 of 3" in page) == (True, True)
    day_later(project)
    look(project.pk, Random(1))
    assert Counter(taken.values_list("status", flat=True)) == {"unsure": 14, "outlier": 6}

    # the store is bounded, and forgets
    assert {row.record for row in taken} == {""}
    DoubtfulPrediction.objects.update(id=F("id") - (40 * 86_400_000 << 20))
    (rule,) = [rule for rule in retention.RULES if rule.kind == "doubts"]
    assert (rule.plan(project.pk).rows, rule.apply(project.pk, lambda: None).rows) == (25, 25)
    monkeypatch.setattr(keep, "MOST_WAITING", 4)
    Project.objects.filter(pk=project.pk).update(production_a_day=1)
    ask(project, people.manager, [{"text": f"unsure new {n}"} for n in range(9)])
    assert DoubtfulPrediction.objects.count() == 4


def test_pictures_come_back_and_one_like_a_held_out_one_does_not(people):
    project = make_project(slug="pictures", modality="image", manager=people.manager)
    Project.objects.filter(pk=project.pk).update(production_a_day=100, production_outliers=0.0)

    def picture(seed, quality=90):
        rng, content = np.random.default_rng(seed), io.BytesIO()
        pixels = np.kron(rng.integers(0, 255, (8, 8, 3)), np.ones((12, 12, 1))).astype(np.uint8)
        Image.fromarray(pixels).save(content, "JPEG", quality=quality)
        return content

    held = start_import(people.manager, project, file=picture(0), file_name="held.jpg")
    run_import(held.pk)
    Item.objects.filter(project=project).update(split=Split.EVAL)

    class Doubts:
        threshold = 0.5

        def transform(self, contents):
            return np.array([[1.0, 0.0]] * len(contents), np.float32)

        def score(self, features):
            return features[:, 1]

    predictor = predictor_of(project, Doubts())
    sent = [picture(0), picture(0, quality=80), picture(1), picture(2)]
    asked = rows.read_pictures(predictor.builder, [io.BytesIO(one.getvalue()) for one in sent])
    answer(predictor, asked, Caller(people.manager.pk), keeps_doubts=True)
    assert DoubtfulPrediction.objects.count() == 3, "what is an item is not kept"
    assert look(project.pk, Random(0))["came_back"] == 3
    batch = ImportBatch.objects.latest("pk")
    run_import(batch.pk)
    assert came_back(project) == {"pool": 2}
    assert "held out" in batch.rejections.get().reason


def test_what_came_back_is_asked_by_a_coin_and_every_question_says_the_chance_of_all_draws(people):
    """One over the recorded chance, added up over what was drawn, is the number of items: for what came back as for
    the others, so that weights that rest on it stay right."""
    assert "feedback" not in _NOT_DRAWN
    project = make_project(slug="back", manager=people.manager, labels=("ham", "spam"), random_share=1.0, eval_share=0)
    make_items(project, [f"item {n}" for n in range(20)])
    make_items(project, [f"came {n}" for n in range(4)], origin="production")
    Project.objects.filter(pk=project.pk).update(production_a_day=5, production_share=0.5)
    project.refresh_from_db()
    sums, reasons, rng = Counter(), Counter(), Random(5)
    for _ in range(400):
        (task,) = next_tasks(people.manager, project, 1, rng)
        reasons[task.reason] += 1
        is_back = task.item.origin == "production"
        sums[is_back] += 1 / task.propensity / 400
        assert task.propensity == pytest.approx(0.5 / 4 + 0.5 / 24 if is_back else 0.5 / 24)
        assert (task.draw is None, task.pool_size) == (False, 24)
        Task.objects.filter(pk=task.pk).delete()
        Item.objects.filter(pk=task.item_id).update(slots_taken=0, is_open=True)
        project.progress.__class__.objects.filter(project=project).update(pool_open=24)
        Member.objects.filter(project=project).update(pool_known=0, pool_known_at=-1)
    assert 150 < reasons["feedback"] < 250
    assert (sums[True], sums[False]) == (pytest.approx(4, abs=0.8), pytest.approx(20, abs=3))
    Project.objects.filter(pk=project.pk).update(production_a_day=0)
    project.refresh_from_db()
    (task,) = next_tasks(people.manager, project, 1, rng)
    assert (task.reason, task.propensity) == ("random", pytest.approx(1 / 24))


def test_bands_are_sized_by_how_many_people_can_look_at_and_fixed_without_the_setting(
    people, api, browser_of, monkeypatch
):
    project = make_project(slug="sized", manager=people.manager, labels=("ham", "spam"))
    said = ask(project, people.manager, ROWS)
    assert Counter(one["band"] for one in said) == {"low": 17, "high": 83}
    ProductionFacts.objects.create(project=project)
    look(project.pk, Random(0))
    Project.objects.filter(pk=project.pk).update(reviews_a_day=10)
    look(project.pk, Random(0))
    assert ProductionFacts.objects.get().medium_from is None, "too few to size by: outliers do not count"
    sure = np.arange(1, 201) / 200
    ServedPrediction.objects.bulk_create(
        ServedPrediction(
            id=first_id() + n, project=project, model_version=ModelVersion.objects.get(), content_hash="x", status="ok",
            sure=one, created_at=timezone.now(),
        )
        for n, one in enumerate(sure)
    )  # fmt: skip
    held = np.array([0.02] * 10 + [0.99] * 90), np.array([True] * 5 + [False] * 5 + [True] * 90)
    ModelVersion.objects.update(status="champion")
    monkeypatch.setattr(LabelsFamily, "held_out", lambda self, version: held)
    look(project.pk, Random(0))
    told = api(people.manager).get("/api/v1/projects/sized/production/").json()["bands"]
    n = told["predictions"]
    assert (n, told["a_day"], round(told["shares"]["low"] * n)) == (292, 292, 10)
    low, _, high = told["rates"]
    assert (low["n"], low["right"], round(low["value"], 2), high["n"]) == (10, 5, 0.5, 90)
    (one,) = ask(project, people.manager, ROWS[:1])
    assert (one["sure"], one["band"], one["status"]) == (0.5, "high", "ok"), "people have no time for it"
    page = browser_of(people.manager).get("/p/sized/fragments/production/").content.decode()
    assert "of some 292 predictions a day" in page
    assert "50 % (5 of 10" in page
