"""Steps about many items over REST, their undo, and what exports say of a selection."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import BulkStep, Snapshot
from labeling.services.exports.snapshots import run_snapshot
from tests.factories import make_answers, make_items

pytestmark = pytest.mark.django_db
KEY = "123e4567-e89b-42d3-a456-426614174000"


def test_a_view_is_labeled_once_undone_and_exported(project, people, api):
    items = make_items(project, [f"text {n}" for n in range(6)])
    make_answers([(item, people.annotator, {"label": "ham"}) for item in items[:3]])
    base, reviewer = f"/api/v1/projects/{project.slug}/items/bulk/", api(people.reviewer)
    body = {"step": "label", "view": {"label": "ham"}, "count": 2, "answer": {"label": "spam"}}
    refused = reviewer.post(base, body, format="json")
    assert refused.status_code == 400
    assert "3 items now, 2 were shown" in refused.json()["count"][0]
    body["count"] = 3
    made = reviewer.post(base, body, format="json", headers={"Idempotency-Key": KEY})
    assert made.status_code == 201
    told = made.json()
    assert (told["id"], told["state"], told["done"], told["by"], told["view"]) == (
        KEY, "done", 3, "reviewer", "label=ham",
    )  # fmt: skip
    assert reviewer.post(base, body, format="json", headers={"Idempotency-Key": KEY}).json() == told
    other = reviewer.post(base, body | {"answer": {"label": "ham"}}, format="json", headers={"Idempotency-Key": KEY})
    assert other.status_code == 409
    assert reviewer.get(f"{base}{KEY}/items/").json()["results"][0] == {
        "item": items[0].pk, "reason": "", "is_undone": False,
    }  # fmt: skip
    undone = reviewer.post(f"{base}{KEY}/undo/").json()
    assert (undone["step"], undone["done"], undone["undoes"]) == ("undo", 3, KEY)
    assert reviewer.get(f"{base}{KEY}/").json()["undone_by"] == undone["id"]
    with CaptureQueriesContext(connection) as asked:
        listed = reviewer.get(base).json()["results"]
    assert [(row["step"], row["undone_by"]) for row in listed] == [("undo", None), ("label", undone["id"])]
    assert sum('FROM "labeling_bulkstep"' in query["sql"] for query in asked) == 1, "no question a step"
    assert reviewer.post(f"{base}{undone['id']}/undo/").status_code == 400

    assert reviewer.post(base, {"step": "select", "items": [items[1].pk]}, format="json").status_code == 403
    for wrong in ({"items": []}, {"items": [10**9]}, {}, {"items": [items[0].pk], "view": {}}):
        answer = api(people.manager).post(base, {"step": "select", **wrong}, format="json")
        assert (answer.status_code, list(answer.json())) == (400, ["items"])
    manager, again = api(people.manager), {"Idempotency-Key": KEY.replace("123e", "223e")}
    kept, same, other = (
        manager.post(base, {"step": "select", "items": [pk]}, format="json", headers=again).json().get("id")
        for pk in (items[1].pk, items[1].pk, items[2].pk)
    )
    assert (same, other) == (kept, None)
    export = f"/api/v1/projects/{project.slug}/export/?rows=items&format=csv&selection="
    rows = b"".join(api(people.viewer).get(f"{export}{kept}").streaming_content).decode().splitlines()
    assert len(rows) == 2
    assert rows[1].startswith(f"{items[1].pk},")
    assert api(people.viewer).get(f"{export}{KEY}").status_code == 400  # no selection, though a step
    started = api(people.manager).post(
        f"/api/v1/projects/{project.slug}/snapshots/", {"rows": "items", "filters": {"selection": kept}}, format="json"
    )
    run_snapshot(Snapshot.objects.get().pk)
    assert (Snapshot.objects.get().row_count, started.json()["filters"]) == (1, {"selection": kept})
    assert BulkStep.objects.count() == 3
