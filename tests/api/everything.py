"""One of everything that a REST address can name, and every address there is."""

from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from drf_spectacular.generators import EndpointEnumerator

from labeling.models import (
    Asset,
    BulkStep,
    Context,
    ImportBatch,
    Invitation,
    KnownAnswer,
    Machine,
    MachineVersion,
    PracticeQuestion,
    PracticeRound,
    Quarantine,
    ReviewDecision,
    Snapshot,
)
from learning.models import Alert, ModelVersion, PredictionCaller, PredictionFile, Release, Run, SimilarSearch
from tests.factories import make_answer, make_items


@dataclass(frozen=True)
class Endpoint:
    """A method of an address; ``path`` still has its names in braces."""

    method: str
    path: str
    view: type

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def endpoints() -> list[Endpoint]:
    """All of ``/api/v1/``, learning's too."""
    listed = EndpointEnumerator().get_api_endpoints()  # type: ignore[no-untyped-call]
    found = [Endpoint(method, path, callback.cls) for path, _, method, callback in listed]
    return [one for one in found if one.path.startswith("/api/v1/") and "{rest}" not in one.path]


def one_of_everything(project, person):
    """Rows of the project by the first part of the address that names them."""
    digest = "0" * 64
    path = default_storage.save(f"originals/{project.pk}/x", ContentFile(b"not really a picture"))
    asset = Asset.objects.create(
        project=project, sha256=digest, path=path, size_bytes=20, format="PNG", media_type="image/png", mode="L",
        width=1, height=1,
    )  # fmt: skip
    (item,) = make_items(project, ["picture"], asset=asset)
    step = BulkStep.objects.create(project=project, created_by=person, do="select", chosen=BulkStep.packed(0))
    item.public_id = step.public_id  # steps about items are named below theirs
    KnownAnswer.objects.create(project=project, item=item, answer={"label": "ham"}, origin="hand")
    practice = PracticeRound.objects.create(project=project, user=person, size=1, needed=1)
    practised = PracticeQuestion.objects.create(round=practice, item=item, place=0, truth={"label": "ham"})
    now = timezone.now()
    machine = Machine.objects.create(project=project, name="judge")
    MachineVersion.objects.create(machine=machine, name="1")
    task = make_answer(item, person, {"label": "ham"}).task
    made = {"project": project, "item": item, "reviewer": person, "verdict": "set_aside"}
    model = ModelVersion.objects.create(project=project, number=1, encoder="e", trained_on=1, path="models/x")
    return {
        "reviews": ReviewDecision.objects.create(**made),
        "items": item,
        "gold": item,
        "practice": practised,
        "tasks": task,
        "contexts": Context.objects.create(project=project, ordinal=0, text="c", split="pool", content_hash=digest),
        "quarantines": Quarantine.objects.create(
            project=project, imported_annotator="ann", reason="r", set_by=person, set_at=now, since_change=0
        ),
        "snapshots": Snapshot.objects.create(project=project, format="jsonl", rows="items", state="done", path=path),
        "imports": ImportBatch.objects.create(project=project, format="rows", path="x"),
        "machines": machine,
        "similar": SimilarSearch.objects.create(project=project, key="k", item=item),
        "runs": Run.objects.create(project=project, trigger="manual", state="queued"),
        "models": model,
        "releases": Release.objects.create(
            project=project, number=1, candidate=model, champion=model, mode="shadow", share=0, promotes=False
        ),
        "files": PredictionFile.objects.create(
            project=project, asked_by=person, file_name="a.csv", format="csv", size_bytes=1, sha256=digest
        ),
        "predictions": PredictionCaller.objects.create(project=project, caller="user:0"),
        "invitations": Invitation.issue(project=project, role="annotator", expires_at=now)[0],
        "alerts": Alert.objects.create(project=project, kind="run_failed", message="m"),
    }


def address(endpoint: Endpoint, project, rows) -> str:
    """The address with what exists in the place of its names."""
    path = endpoint.path
    room = path.removeprefix("/api/v1/").removeprefix("projects/{slug}/").split("/")[0]
    row = rows.get("files" if "/predictions/files/" in path else room)
    values = {"{slug}": project.slug, "{username}": "viewer", "{part}": "item", "{number}": "1"}
    if row is not None:
        values |= {"{public_id}": str(getattr(row, "public_id", "")), "{id}": str(row.pk), "{pk}": str(row.pk)}
    for name, value in values.items():
        path = path.replace(name, value)
    assert "{" not in path, f"{endpoint}: put one of these into one_of_everything()"
    return path
