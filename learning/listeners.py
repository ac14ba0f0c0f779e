"""Hears what labeling announces and wakes a worker, at a cost a request does not notice."""

from typing import Any

from labeling import signals
from labeling.services.jobs.enqueue import enqueue_on_commit as enqueue
from learning.models import Trigger
from learning.services.runs.decide import ask_once


def connect() -> None:
    """Connects the listeners; called once when Django is ready."""
    signals.answer_recorded.connect(on_answer_recorded)
    signals.answers_changed.connect(on_answer_recorded)
    signals.items_imported.connect(on_items_imported)
    signals.labels_changed.connect(on_labels_changed)
    signals.training_settings_changed.connect(on_training_settings_changed)
    signals.production_promised.connect(on_production_promised)
    signals.project_deleted.connect(on_project_deleted)


def on_answer_recorded(sender: Any, project_id: int, **_: Any) -> None:
    """Wakes a worker for the one answer, or the one change of what counts, that makes the next decision due."""
    if ask_once(project_id):
        enqueue("learning.decide", project_id, Trigger.LABELS.value)


def on_items_imported(sender: Any, project_id: int, **_: Any) -> None:
    """New items get features and a place in the ranking, even before the first answer."""
    enqueue("learning.decide", project_id, Trigger.IMPORT.value)


def on_labels_changed(sender: Any, project_id: int, **_: Any) -> None:
    enqueue("learning.decide", project_id, Trigger.LABEL_SET.value)


def on_training_settings_changed(sender: Any, project_id: int, **_: Any) -> None:
    """The same answers teach something else now: the next run need not wait for new ones."""
    enqueue("learning.decide", project_id, Trigger.SETTINGS.value)


def on_production_promised(sender: Any, project_id: int, **_: Any) -> None:
    """Programs wait until it is known what the versions cost by what is stated now."""
    enqueue("learning.look_at_production", project_id)


def on_project_deleted(sender: Any, project_id: int, **_: Any) -> None:
    enqueue("learning.remove_files", project_id)
