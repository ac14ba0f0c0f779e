"""Features by all workers: the bytes of one, whoever dies, and nothing left of it."""

from unittest import mock

import pytest

from labeling.models import JobState
from labeling.models.process_name import machine_name
from labeling.services.jobs.attempts import FencedOff
from learning.models import EncoderVersion, FeaturePart
from learning.services import files
from learning.services.features import contents, encoder_versions, parts, shards
from tests.factories import make_items, make_project
from tests.learning.people import texts

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

QUIET = lambda done, of: None  # noqa: E731


@pytest.fixture
def version(db, monkeypatch) -> EncoderVersion:
    monkeypatch.setattr(contents, "ITEMS_PER_BLOCK", 7)
    monkeypatch.setattr(shards, "SHARD_ROWS", 28)
    monkeypatch.setattr(parts, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(parts, "messages_waiting", lambda: 0)
    project = make_project()
    make_items(project, texts(60))
    return encoder_versions.encoder_for(project, 60)[0]


@pytest.fixture
def alone(version) -> list[str]:
    """What one worker stores."""
    shards.compute_missing(version, 60, QUIET)
    found = list(version.shards.values_list("sha256", flat=True))
    version.shards.all().delete()
    shards.compute_missing(version, 10, QUIET)  # the first shard is to grow
    return found


@pytest.fixture
def called(monkeypatch) -> list[str]:
    monkeypatch.setattr(parts, "WORTH_PARTS", 10)
    calls: list[str] = []
    monkeypatch.setattr(parts, "enqueue", lambda job, pk: calls.append(job))
    return calls


def stored(version) -> list[str]:
    return list(version.shards.values_list("sha256", flat=True))


def nothing_is_left(version) -> None:
    assert not FeaturePart.objects.exists()
    folder = files.local_path(f"learning/{version.project_id}/features/{version.pk}/parts")
    assert folder is not None
    assert not list(folder.iterdir())


def test_the_run_alone_does_all_of_it_and_calls_for_help(version, alone, called):
    seen = []
    assert shards.compute_missing(version, 60, lambda done, of: seen.append((done, of))) == 50
    assert (stored(version), called) == (alone, [parts.JOB])
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == ((0, 50), (50, 50))
    nothing_is_left(version)


def test_others_help_from_the_end(version, alone, called, monkeypatch):
    helped = []

    def helper(job, pk):
        monkeypatch.setattr(parts, "messages_waiting", lambda: 1 if len(helped) == 1 else 0)
        helped.append(parts.help_with(pk)["parts"])

    monkeypatch.setattr(parts, "enqueue", helper)
    monkeypatch.setattr(parts, "CALL_EVERY_S", 0.0)
    shards.compute_missing(version, 60, QUIET)
    assert stored(version) == alone
    assert helped == [8], "all but none: the run found them done"
    assert parts.help_with(version.pk) == {"encoder": version.pk, "parts": 0}
    nothing_is_left(version)


def test_a_helper_lets_jobs_of_others_in(version, alone, called, monkeypatch):
    parts._planned(version, [(10, 28), (28, 56), (56, 60)])
    monkeypatch.setattr(parts, "messages_waiting", lambda: 3)
    assert parts.help_with(version.pk)["parts"] == 1
    assert list(FeaturePart.objects.filter(state=JobState.DONE).values_list("first", "rows")) == [(56, 4)]


def test_what_a_dead_worker_held_and_a_file_that_is_gone_are_computed_again(version, alone, called):
    parts._planned(version, [(10, 28), (28, 56), (56, 60)])
    parts.help_with(version.pk)
    held, gone = FeaturePart.objects.order_by("first")[2:4]
    FeaturePart.objects.filter(pk=held.pk).update(
        state=JobState.RUNNING, worker=f"{machine_name()}:999999:1", attempt=7
    )
    files.local_path(gone.path).unlink()
    shards.compute_missing(version, 60, QUIET)
    assert stored(version) == alone
    nothing_is_left(version)


def test_an_attempt_that_stops_leaves_its_parts_to_the_next(version, alone, called, monkeypatch):
    def stops(done, of):
        if done > 20:
            raise FencedOff

    with pytest.raises(FencedOff):
        shards.compute_missing(version, 60, stops)
    done = FeaturePart.objects.filter(state=JobState.DONE).count()
    transformed = []
    fitted = encoder_versions.fitted(version)
    monkeypatch.setattr(parts.encoder_versions, "fitted", lambda _: transformed.append(1) or fitted)
    shards.compute_missing(version, 60, QUIET)
    assert (stored(version), len(transformed)) == (alone, 8 - done)


def test_a_part_that_fails_fails_the_run_and_the_next_begins_anew(version, alone, called, monkeypatch):
    def broken(_):
        raise ValueError("a fault of ours")

    parts._planned(version, [(10, 28)])
    with monkeypatch.context() as patch:
        patch.setattr(parts.encoder_versions, "fitted", broken)
        with pytest.raises(ValueError, match="of ours"):
            parts.help_with(version.pk)
        with pytest.raises(ValueError, match="of ours"):
            shards.compute_missing(version, 60, QUIET)
    planned = parts._planned(version, [(10, 28)])
    planned.filter(first=10).update(state=JobState.FAILED, error="ValueError: seen by a helper")
    with (
        mock.patch.object(parts, "_planned", return_value=planned),  # it fails while the run waits
        pytest.raises(parts.PartFailed, match="by a helper"),
    ):
        parts.compute(version, [(10, 28)], QUIET)
    shards.compute_missing(version, 60, QUIET)
    assert stored(version) == alone
