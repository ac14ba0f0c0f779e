"""A project that begins with one label: more like these, unknown patterns, and a second label once they are named."""

import json

import numpy as np
import pytest

from labeling.models import Annotation, Epoch, Item, ItemStatus, QueueEntry, Split
from learning.models import ModelVersion, Run, ServedPrediction
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from learning.services.serving import loading
from tests.factories import make_answers, make_items, make_project
from tests.learning.people import texts, truth
from tests.learning.predictor import served_in_process
from tests.learning.test_training import trained

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/texts/"
SPAM, HAM = "win a free prize now word4 word7 word31", "see you at lunch word8 word1 word55"


@pytest.fixture
def project(people):
    """Spam is what is looked for; ten items are known to have the label."""
    made = make_project(manager=people.manager, labels=("spam",), slug="texts", overlap=1)
    every = texts(140)
    make_items(made, every[:120])
    make_items(made, every[120:], split=Split.EVAL)
    spam = [item for item in made.items.order_by("ordinal") if truth(item)["label"] == "spam"]
    make_answers((item, people.manager, {"label": "spam"}) for item in spam[:10])
    return made


def test_more_like_these_then_unknown_patterns_are_named_and_it_is_an_ordinary_classifier(
    project, people, api, client, monkeypatch, caplog
):
    served_in_process(monkeypatch)
    monkeypatch.setattr(loading, "FRESH_S", -1.0)
    asks = api(people.manager)
    run = decide(project.pk)
    Run.objects.filter(pk=run.pk).update(seed=1)  # the same draws each time
    run_training(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.error
    assert not [line for line in caplog.records if line.levelname == "ERROR"]
    epoch = Epoch.objects.get(project=project)
    assert epoch.strategy == "find_more"
    head = list(QueueEntry.objects.filter(epoch=epoch).order_by("rank").select_related("item")[:20])
    assert np.mean([truth(entry.item)["label"] == "spam" for entry in head]) > 0.6  # of the pool .4 are
    assert all(0 < entry.propensity <= 1 for entry in head)
    found = asks.post(f"{URL}predict/", {"rows": [{"text": SPAM}, {"text": HAM}]}, format="json").json()
    assert [(one["status"], one.get("label")) for one in found] == [("ok", "spam"), ("unknown", None)]
    assert "probabilities" not in found[0]
    assert list(ServedPrediction.objects.order_by("pk").values_list("status", "sure")) == [
        ("ok", None),
        ("outlier", None),
    ]
    listed = asks.get(f"{URL}items/?model=spam").json()["results"]  # of the others nothing is said
    assert np.mean([truth(Item.objects.get(pk=row["id"])) == {"label": "spam"} for row in listed]) > 0.8
    # people say it too: it is no skip that somebody else is asked after, and stands in a list of its own
    client.force_login(people.manager)
    assert 'data-reason="unknown"' in client.get("/p/texts/annotate/").content.decode()
    said = 0
    while said < 12:
        for task in asks.post(f"{URL}tasks/next/", {"count": 5}, format="json").json():
            if Item.objects.get(pk=task["item"]["id"]).text.startswith(("win", "claim", "urgent", "free")):
                assert (
                    asks.put(
                        f"/api/v1/tasks/{task['id']}/answer/", {"answer": {"label": "spam"}}, format="json"
                    ).status_code
                    == 201
                )
            else:
                said += 1
                assert (
                    asks.post(f"/api/v1/tasks/{task['id']}/skip/", {"reason": "unknown"}, format="json").status_code
                    == 200
                )
    aside = Item.objects.filter(set_aside_because="unknown", status=ItemStatus.SET_ASIDE)
    assert aside.count() == said
    listed = asks.get(f"{URL}items/?because=unknown").json()["results"]
    assert {row["set_aside_because"] for row in listed} == {"unknown"}
    assert "of an unknown" in client.get("/p/texts/").content.decode()
    page = client.get("/p/texts/items/?because=unknown").content.decode()
    assert "Name these" in page
    exported = asks.get(f"{URL}export/?rows=unknown&format=jsonl")
    rows = [json.loads(line) for line in b"".join(exported.streaming_content).splitlines()]
    assert {(row["annotator"], row["status"]) for row in rows} == {("manager", "set_aside")}
    assert len(rows) == said
    # one step names them: those of the pool have the label, held-out ones are asked about again; undone as one
    count = aside.count()
    in_pool = aside.filter(split=Split.POOL).count()
    for wrong in ({"label": " "}, {"label": "ham", "extra": 1}, None):
        body = {"step": "name", "view": {"because": "unknown"}, "count": count, "answer": wrong}
        assert asks.post(f"{URL}items/bulk/", body, format="json").status_code == 400
    assert set(project.labels.values_list("name", flat=True)) == {"spam"}
    named = {"step": "name", "all": "1", "view": "because=unknown", "count": str(count), "answer": "ham"}
    assert client.post("/p/texts/items/bulk/", named).status_code == 302
    assert aside.count() == 0
    assert Annotation.objects.current().filter(source="review", answer={"label": "ham"}).count() == in_pool
    step = asks.get(f"{URL}items/bulk/").json()["results"][0]
    page = client.get("/p/texts/items/").content.decode()
    assert f"{count} items named ham" in page
    assert f"/p/texts/items/bulk/{step['id']}/undo/" in page
    assert 'value="name"' not in page, "a name is asked for above what is unknown"
    assert (step["step"], step["done"]) == ("name", count)
    assert asks.post(f"{URL}items/bulk/{step['id']}/undo/", {}, format="json").status_code < 300
    assert aside.count() == count
    assert list(project.labels.in_use().values_list("name", flat=True)) == ["spam"]
    assert client.get("/p/texts/items/").status_code == 200
    assert client.post("/p/texts/items/bulk/", named).status_code == 302
    held = Item.objects.filter(split=Split.EVAL, tasks__state="expired", is_open=True).distinct().count()
    assert held == count - in_pool
    assert asks.post(f"/api/v1/tasks/{task['id']}/skip/", {"reason": "unknown"}, format="json").status_code == 400
    # from then on it is an ordinary classifier
    project.refresh_from_db()
    run = trained(project)
    assert (run.state, run.trigger) == ("done", "labels")
    rows = {"rows": [{"text": SPAM}, {"text": HAM}]}
    found = asks.post(f"{URL}predict/?force=true", rows, format="json").json()
    assert [max(one["probabilities"], key=one["probabilities"].get) for one in found] == ["spam", "ham"]
    assert ModelVersion.objects.order_by("-number").first().labels == ["spam", "ham"]
