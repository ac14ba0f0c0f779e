"""Every endpoint against every role. An endpoint that is not in the table fails the suite."""

import uuid
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from labeling.models import Asset, Context, ImportBatch, Pair, Quarantine, Snapshot, Task
from learning.models import Alert, ModelVersion, Run
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db

ROLES = ("manager", "reviewer", "annotator", "viewer", "stranger", "anonymous")
MEMBERS = ROLES[:4]
VIEW = ("manager", "reviewer", "viewer")
LABEL = ("manager", "reviewer", "annotator")
REVIEW = ("manager", "reviewer")
MANAGE = ("manager",)
SIGNED_IN = ROLES[:5]
EVERYBODY = ROLES

#: (url name, method): who may. Strangers get 404 where a project is named, else 403; who is not signed in gets 401.
TABLE = {
    ("api:schema", "get"): EVERYBODY,
    ("api:docs", "get"): EVERYBODY,
    ("api:auth-token", "post"): EVERYBODY,
    ("api:projects", "get"): SIGNED_IN,
    ("api:projects", "post"): (),
    ("api:project", "get"): MEMBERS,
    ("api:project", "patch"): MANAGE,
    ("api:project", "delete"): MANAGE,
    ("api:members", "get"): VIEW,
    ("api:members", "post"): MANAGE,
    ("api:member", "delete"): MANAGE,
    ("api:quarantines", "get"): REVIEW,
    ("api:quarantines", "post"): MANAGE,
    ("api:quarantine-lift", "post"): MANAGE,
    ("api:imports", "get"): VIEW,
    ("api:imports", "post"): MANAGE,
    ("api:import", "get"): VIEW,
    ("api:import-rejections", "get"): VIEW,
    ("api:items", "get"): VIEW,
    ("api:item-original", "get"): VIEW,
    ("api:item-preview", "get"): MEMBERS,  # the annotator holds a task on it
    ("api:item-set-aside", "post"): REVIEW,
    ("api:item-restore", "post"): REVIEW,
    ("api:contexts", "get"): VIEW,
    ("api:context", "get"): VIEW,
    ("api:context", "delete"): MANAGE,
    ("api:context-set-aside", "post"): REVIEW,
    ("api:context-restore", "post"): REVIEW,
    ("api:annotations", "get"): VIEW,
    ("api:export", "get"): VIEW,
    ("api:snapshots", "get"): VIEW,
    ("api:snapshots", "post"): REVIEW,
    ("api:snapshot", "get"): VIEW,
    ("api:snapshot-file", "get"): VIEW,
    ("api:metrics", "get"): VIEW,
    ("api:task-next", "post"): LABEL,
    # only the annotator whose task it is: for everybody else there is no such task
    ("api:task-answer", "put"): ("annotator",),
    ("api:task-answer", "delete"): ("annotator",),
    ("api:task-skip", "post"): ("annotator",),
    ("api:task-preview", "get"): MEMBERS,  # the annotator was asked
    ("learning-api:runs", "get"): VIEW,
    ("learning-api:runs", "post"): MANAGE,
    ("learning-api:run", "get"): VIEW,
    ("learning-api:run-cancel", "post"): MANAGE,
    ("learning-api:alerts", "get"): VIEW,
    ("learning-api:alert-resolve", "post"): MANAGE,
    ("learning-api:models", "get"): VIEW,
    ("learning-api:model", "get"): VIEW,
    ("learning-api:model-promote", "post"): MANAGE,
    ("learning-api:rollback", "post"): MANAGE,
    ("learning-api:queue", "get"): MANAGE,
    ("learning-api:scores", "get"): VIEW,
}
#: where a member without the right gets 404 instead of 403: it is somebody else's task
HIDDEN = {"api:task-answer", "api:task-skip"}
BODIES = {
    ("api:projects", "post"): {"name": "New", "kind": "classification", "modality": "text"},
    ("api:project", "patch"): {"purpose": "Sort."},
    ("api:members", "post"): {"username": "viewer", "role": "viewer"},
    ("api:quarantines", "post"): {"annotator": "annotator", "reason": "always left"},
    ("api:quarantine-lift", "post"): {"reason": "we talked"},
    ("api:imports", "post"): {"rows": [{"text": "hello"}]},
    ("api:snapshots", "post"): {},
    ("api:task-next", "post"): {"count": 1},
    ("api:task-answer", "put"): {"answer": {"label": "ham"}},
    ("api:task-skip", "post"): {"reason": "unclear"},
    ("api:auth-token", "post"): {"username": "nobody", "password": "nothing"},
    ("learning-api:model-promote", "post"): {"reason": "looks better"},
    ("learning-api:rollback", "post"): {"reason": "looks worse"},
}


def endpoints():
    """(full url name, route, method) of everything under /api/v1/ that has a name."""
    found = []

    def walk(patterns, prefix, namespace):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route, pattern.namespace or namespace)
            elif isinstance(pattern, URLPattern) and pattern.name:
                view = pattern.callback.view_class
                methods = [name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)]
                found.extend((f"{namespace}:{pattern.name}", route, method) for method in methods)

    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and str(resolver.pattern) == "api/v1/":
            walk(resolver.url_patterns, "/api/v1/", resolver.namespace)
    return found


@pytest.fixture
def things(project, people, settings):
    """One of everything that an address can name."""
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"auth": None}}
    path = default_storage.save("originals/x", ContentFile(PNG))
    asset = Asset.objects.create(
        project=project, sha256="0" * 64, path=path, size_bytes=len(PNG), format="PNG", media_type="image/png",
        mode="L", width=1, height=1,
    )  # fmt: skip
    item, *_ = make_items(project, ["a", "b"], asset=asset)
    annotation = make_answer(item, people.annotator, {"label": "ham"})
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    two = make_items(project, ["c", "d"], asset=asset)
    pair = Pair.objects.create(project=project, context=context, first=two[0], second=two[1], split="pool")
    pair_task = Task.objects.create(
        project=project, pair=pair, left=two[1], annotator=people.annotator, reason="random", state="skipped",
        lease_expires_at=timezone.now(),
    )  # fmt: skip
    file = default_storage.save("snapshots/x", ContentFile(b"{}\n"))
    snapshot = Snapshot.objects.create(
        project=project, format="jsonl", rows="items", state="done", path=file, sha256="1" * 64, size_bytes=3
    )
    batch = ImportBatch.objects.create(project=project, format="rows", path="x")
    run = Run.objects.create(project=project, trigger="manual")
    model = ModelVersion.objects.create(
        project=project, number=1, trained_on=1, learner="logistic", path="learning/gone.zip"
    )
    alert = Alert.objects.create(project=project, kind="run_failed", message="fit: no memory")
    quarantine = Quarantine.objects.create(
        project=project, annotator=people.reviewer, reason="a coin", set_by=people.manager, since_change=1
    )
    return SimpleNamespace(
        item=item, task=annotation.task_id, context=context, pair_task=pair_task, snapshot=snapshot, batch=batch,
        run=run, model=model, alert=alert, quarantine=quarantine,
    )  # fmt: skip


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63680000008200817"
    "7cd72b60000000049454e44ae426082"
)


def address(route, name, things):
    job = things.batch if ":import" in name else things.run if ":run" in name else things.snapshot
    pk = things.task if ":task-" in name else things.model.pk if ":model" in name else things.item.pk
    pk = things.alert.pk if ":alert" in name else things.context.pk if ":context" in name else pk
    pk = things.quarantine.pk if name == "api:quarantine-lift" else pk
    pk = things.pair_task.pk if name == "api:task-preview" else pk
    values = {
        "<slug:slug>": "sms", "<str:username>": "viewer", "<uuid:public_id>": str(job.public_id), "<int:pk>": str(pk),
        "<str:part>": "left",
    }  # fmt: skip
    for placeholder, value in values.items():
        route = route.replace(placeholder, value)
    return route


def test_every_endpoint_is_in_the_table():
    missing = {(name, method) for name, _, method in endpoints()} - set(TABLE)
    assert not missing


ENDPOINTS = endpoints()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("name", "route", "method"), ENDPOINTS, ids=[f"{n}-{m}" for n, _, m in ENDPOINTS])
def test_who_may(api, people, things, name, route, method, role):
    client = api(None if role == "anonymous" else getattr(people, role))
    response = getattr(client, method)(address(route, name, things), BODIES.get((name, method)), format="json")
    if role in TABLE[name, method]:
        assert response.status_code not in (401, 403, 404), response.content
        assert response.status_code < 500
    elif role == "anonymous":
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Token"
    elif role == "stranger" and name != "api:projects":
        assert response.status_code == 404
    else:
        assert response.status_code == (404 if name in HIDDEN else 403)


def test_a_superuser_may_everywhere_but_answer_for_others(api, people, things):
    client = api(people.superuser)
    for name, route, method in ENDPOINTS:
        if method == "get":
            assert client.get(address(route, name, things)).status_code == 200, name


def test_what_is_not_there_is_404_in_json(api, people, things):
    client = api(people.manager)
    nowhere = uuid.uuid4()
    for path in (
        "projects/nothing/", f"projects/sms/imports/{nowhere}/", f"projects/sms/imports/{nowhere}/rejections/",
        "items/999999/original/", "items/999999/preview/", f"snapshots/{nowhere}/", f"snapshots/{nowhere}/file/",
        "nothing/", "tasks/99999999999999999999999/answer/", "items/99999999999999999999999/original/",
    ):  # fmt: skip
        response = client.get(f"/api/v1/{path}")
        assert response.status_code in (404, 405), path
        assert response.json()["detail"]
