"""Doorways for the worker: ids in, a service called, a small dict out."""

from typing import Any

from celery import shared_task
from celery.signals import task_postrun, worker_init, worker_shutdown

from labeling.services import imports
from labeling.services.jobs import liveness


@shared_task(name="labeling.run_import")
def run_import(batch_pk: int) -> dict[str, Any]:
    return imports.run_import(batch_pk)


@shared_task(name="labeling.run_snapshot")
def run_snapshot(snapshot_pk: int) -> dict[str, Any]:
    from labeling.services.exports.snapshots import run_snapshot as run  # noqa: PLC0415
    from labeling.services.reports.snapshots import write_about  # noqa: PLC0415

    found = run(snapshot_pk)
    write_about(snapshot_pk)
    return found


@shared_task(name="labeling.delete_project")
def delete_project(deletion_pk: int) -> dict[str, Any]:
    from labeling.services.projects.deletion import run_deletion  # noqa: PLC0415

    return run_deletion(deletion_pk)


@shared_task(name="labeling.apply_overlap")
def apply_overlap(change_pk: int) -> dict[str, Any]:
    from labeling.services.projects.overlap_changes import run_overlap_change  # noqa: PLC0415

    return run_overlap_change(change_pk)


@shared_task(name="labeling.relabel")
def relabel(relabeling_pk: int) -> dict[str, Any]:
    from labeling.services.scheme.relabel import run_relabeling  # noqa: PLC0415

    return run_relabeling(relabeling_pk)


@shared_task(name="labeling.play")
def play(playback_pk: int) -> dict[str, Any]:
    from labeling.services.samples import run_playback  # noqa: PLC0415

    return run_playback(playback_pk)


@shared_task(name="labeling.run_bulk_step")
def run_bulk_step(step_pk: int) -> dict[str, Any]:
    from labeling.services.bulk import run_bulk_step as run  # noqa: PLC0415

    return run(step_pk)


@shared_task(name="labeling.index_items")
def index_items(project_pk: int) -> dict[str, Any]:
    from labeling.services.item_index import go_on  # noqa: PLC0415

    return {"project": project_pk, "items": go_on(project_pk)}


@shared_task(name="labeling.make_report")
def make_report(project_pk: int, name: str, key: str = "") -> dict[str, Any]:
    from labeling.services.reports.stored import make_report as make  # noqa: PLC0415

    return {"project": project_pk, "report": name, "made": make(project_pk, name, key)}


@shared_task(name="labeling.count_answers")
def count_answers(project_pk: int) -> dict[str, Any]:
    from labeling.services.reports.answer_counts import go_on  # noqa: PLC0415

    return {"project": project_pk, "counted": go_on(project_pk)}


@worker_init.connect
def say_alive(**_: Any) -> None:
    """In the parent of the worker's processes, which no job keeps busy."""
    liveness.start()


@worker_shutdown.connect
def fall_silent(**_: Any) -> None:
    liveness.stop()


@task_postrun.connect
def leave_nothing_held(**_: Any) -> None:
    liveness.let_go_of_everything()


@shared_task(name="labeling.housekeeping")
def housekeeping() -> dict[str, Any]:
    """Sent once a day; the row that it makes is the job, so that a killed worker loses nothing."""
    from labeling.services.housekeeping import start_housekeeping  # noqa: PLC0415

    return {"housekeeping": start_housekeeping().pk}


@shared_task(name="labeling.run_housekeeping")
def run_housekeeping(pk: int) -> dict[str, Any]:
    from labeling.services.housekeeping import run_housekeeping as run  # noqa: PLC0415

    return run(pk)
