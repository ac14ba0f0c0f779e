"""A fault in any step of a run: what was in use stays, the run says where it failed, the next one is fine."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from labeling.models import Epoch, JobState, Project, QueueEntry, Split
from learning.models import Alert, EncoderVersion, FeatureShard, ModelVersion, Run, Status
from learning.services.features import encoder_versions, matrix
from learning.services.pipeline.run import run_training
from learning.services.registry import model_files, promotion
from learning.services.runs.decide import decide
from tests.learning.conftest import RealWorker, until
from tests.learning.people import answer_some, make_text_project

FAULTS = {
    "freeze": "learning.families.labels.training_data.freeze",
    "features": "learning.services.features.shards.compute_missing",
    "data tests": "learning.families.labels.data_tests.run_tests",
    "fit": "learning.families.labels.candidates.fit_model",
    "calibrate": "learning.families.labels.candidates.check_probabilities",
    "evaluate": "learning.families.labels.evaluation.measure",
    "artifact": "learning.services.pipeline.learn.register",
    "gate": "learning.services.registry.gate.verdict_on",
    "rank": "learning.families.labels.ranking.rank_pool",
    "publish": "labeling.services.queue.publish._insert",
}


@pytest.fixture
def project(people, built_once):
    """A champion that ranks."""
    built_once(lambda: champion(people))
    return Project.objects.get()


def champion(people) -> None:
    project = make_text_project(people.manager, slug="sms", n_pool=120, n_eval=20, retrain_every=10)
    answer_some(project, people.annotator, 40)
    answer_some(project, people.annotator, 20, Split.EVAL)
    trained(project)
    version = ModelVersion.objects.get(project=project)
    if version.status != Status.CHAMPION:
        promotion.promote(people.manager, version, "good enough")


def trained(project) -> Run:
    run = decide(project.pk)
    assert run is not None
    run_training(run.pk)
    run.refresh_from_db()
    return run


def in_use(project) -> dict[str, object]:
    """Everything that annotators and managers see of a run."""
    project.refresh_from_db()
    epoch = Epoch.objects.get(project=project, number=project.epoch)
    return {
        "champion": ModelVersion.objects.filter(project=project).champion(),
        "epoch": (epoch.number, epoch.model_version),
        "queue": list(QueueEntry.objects.filter(epoch=epoch).values_list("rank", "item_id", "propensity")),
    }


def broken(*args, **kwargs):
    raise RuntimeError("planted")


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.parametrize("step", FAULTS)
def test_a_fault_changes_nothing_and_names_its_step(project, people, monkeypatch, step):
    before = in_use(project)
    answer_some(project, people.annotator, 10)
    with monkeypatch.context() as faulty:
        faulty.setattr(FAULTS[step], broken)
        failed = trained(project)
    assert (failed.state, failed.error) == (JobState.FAILED, f"{step}: planted")
    assert failed.steps[-1]["name"] == step
    assert failed.steps[-1]["state"] == "failed"
    assert in_use(project) == before
    alert = Alert.objects.get(project=project)
    assert (alert.kind, alert.subject, alert.run, alert.is_open) == ("run_failed", step, failed, True)

    answer_some(project, people.annotator, 10)
    fine = trained(project)
    assert fine.state == JobState.DONE, fine.error
    assert ModelVersion.objects.get(run=fine).decisions.exists()
    assert in_use(project)["epoch"][0] == fine.epoch > before["epoch"][0]
    alert.refresh_from_db()
    assert not alert.is_open


@pytest.mark.django_db
def test_failing_again_counts_instead_of_adding(project, people, monkeypatch):
    monkeypatch.setattr(FAULTS["fit"], broken)
    for _ in range(2):
        answer_some(project, people.annotator, 10)
        trained(project)
    assert Alert.objects.get(project=project).times == 2


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_in_a_real_worker(real_worker: RealWorker, people):
    project = make_text_project(people.manager, n_pool=120, n_eval=20, retrain_every=10)
    answer_some(project, people.annotator, 40)
    answer_some(project, people.annotator, 20, Split.EVAL)
    trained(project)
    before = in_use(project)
    answer_some(project, people.annotator, 10)
    (real_worker.folder / "fails").write_text("learning.services.pipeline.learn:register")
    real_worker.start()
    real_worker.send("learning.decide", project.pk)
    waiting = until(
        lambda: Run.objects.filter(project=project, put_backs=1).first(), "the run is put back", log=real_worker.log
    )
    assert (waiting.state, waiting.worker) == (JobState.RUNNING, "")
    assert "disk is full" in waiting.error
    until(lambda: "No space left" in str(Run.objects.get(pk=waiting.pk).steps[-1]), "its page says where it stands")
    assert in_use(project) == before
    assert not Alert.objects.exists()
    (real_worker.folder / "fails").unlink()
    Run.objects.filter(pk=waiting.pk).update(retry_at=timezone.now())
    real_worker.start_scheduler()
    until(
        lambda: Run.objects.filter(pk=waiting.pk, state=JobState.DONE).first(),
        "the run goes on by itself",
        log=real_worker.log,
    )
    assert in_use(project)["epoch"][0] > before["epoch"][0]


def flip_a_byte(kept: ModelVersion | EncoderVersion | FeatureShard) -> None:
    path = Path(default_storage.path(kept.path))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.fixture
def damaged(project, people) -> ModelVersion:
    """The second champion, its file damaged; the first one is whole."""
    answer_some(project, people.annotator, 10)
    trained(project)
    version = ModelVersion.objects.newest_first().first()
    if version.status != Status.CHAMPION:
        promotion.promote(people.manager, version, "good enough")
    flip_a_byte(version)
    return version


@pytest.mark.both_databases
@pytest.mark.django_db
def test_a_damaged_champion_leaves_the_work_to_the_one_before_it(project, people, damaged):
    serving = model_files.serving(project)
    assert (serving.number, damaged.number) == (1, 2)
    assert model_files.serving(project) == serving
    alert = Alert.objects.get(project=project, kind="model_damaged")
    assert (alert.subject, alert.times, alert.severity) == ("model 2", 2, "error")

    answer_some(project, people.annotator, 10)
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    assert run.epoch
    alert.refresh_from_db()
    assert alert.is_open, "until somebody has looked at the disk"


@pytest.mark.django_db
def test_a_promotion_without_a_run_ranks_by_the_good_version_too(project, people, damaged):
    from learning.jobs import rank

    assert rank(project.pk)["epoch"]
    assert in_use(project)["epoch"][1] == 1


@pytest.mark.django_db
def test_no_page_and_no_call_fails_over_a_damaged_model(project, people, damaged, browser_of, api):
    model_files.serving(project)
    client = browser_of(people.manager)
    pages = ["", "runs/", "models/", f"models/{damaged.number}/", "models/1/", "fragments/curve/", "fragments/model/"]
    for address in (*pages, "fragments/runs/", "fragments/alerts/"):
        assert client.get(f"/p/sms/{address}").status_code == 200, address
    shown = client.get("/p/sms/fragments/alerts/").content.decode()
    assert "A model file is damaged" in shown
    rest = api(people.manager)
    for address in ("models/", "queue/", "runs/", "alerts/", "metrics/"):
        assert rest.get(f"/api/v1/projects/sms/{address}").status_code == 200, address
    assert rest.get(f"/api/v1/models/{damaged.pk}/").status_code == 200
    assert rest.post(f"/api/v1/models/{damaged.pk}/promote/", {"reason": "again"}).status_code == 400
    assert client.post(f"/p/sms/models/{damaged.number}/", {"reason": "again"}).status_code == 302


@pytest.mark.django_db
def test_a_manager_says_that_an_alert_is_dealt_with(project, people, damaged, browser_of, api):
    model_files.serving(project)
    alert = Alert.objects.get()
    assert api(people.manager).get("/api/v1/projects/sms/alerts/?open=true").json()["results"][0]["id"] == alert.pk
    assert browser_of(people.manager).post(f"/p/sms/alerts/{alert.pk}/").status_code == 302
    alert.refresh_from_db()
    assert alert.resolved_by == people.manager
    assert api(people.manager).get("/api/v1/projects/sms/alerts/?open=true").json()["results"] == []
    assert api(people.manager).post(f"/api/v1/alerts/{alert.pk}/resolve/").status_code == 400
    assert browser_of(people.manager).get("/p/sms/fragments/alerts/").content.strip() == b""


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [EncoderVersion, FeatureShard])
def test_a_damaged_encoder_or_shard_is_made_again(project, people, kind):
    kept = kind.objects.get()
    flip_a_byte(kept)
    encoder_versions._load.cache_clear()
    matrix._kept.clear()
    answer_some(project, people.annotator, 10)
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    assert "damaged" in next(step["note"] for step in run.steps if step["name"] == "features")
    assert kind.objects.get().sha256 == kept.sha256, "the same bytes again"


@pytest.mark.django_db
def test_the_same_data_again_gives_the_same_bytes_and_the_same_predictions(project, people):
    import numpy as np

    first = Run.objects.get(project=project)
    answer_some(project, people.annotator, 10)  # what has been answered since does not count
    again = Run.objects.create(
        project=project, trigger="manual", seed=first.seed, annotations_seen=first.annotations_seen,
        last_annotation_id=first.last_annotation_id, items_seen=first.items_seen, labels_version=first.labels_version,
    )  # fmt: skip
    run_training(again.pk)
    one, two = ModelVersion.objects.get(run=first), ModelVersion.objects.get(run=again)
    assert one.pk != two.pk
    assert (one.sha256, one.metrics) == (two.sha256, two.metrics)
    everything = np.arange(first.items_seen)
    model_files._load.cache_clear()
    ours, theirs = (model_files.predict_at(version, everything) for version in (one, two))
    assert ours.tobytes() == theirs.tobytes()


@pytest.mark.django_db
def test_a_command_makes_the_model_of_a_run_again(project, people, capsys):
    run = Run.objects.get(project=project)
    answer_some(project, people.annotator, 5)
    call_command("repeat_run", str(run.public_id))
    assert "The same bytes" in capsys.readouterr().out
    item = project.items.filter(answers__gt=0, split=Split.POOL).first()
    type(item).objects.filter(pk=item.pk).update(status="set_aside", is_open=False)
    with pytest.raises(SystemExit):
        call_command("repeat_run", str(run.public_id))
    assert "The data has changed" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("repeat_run", "nothing")
