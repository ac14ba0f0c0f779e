"""Listens to what labeling announces. The learning helper fills ``on_*`` with conditional enqueues."""

from typing import Any

from labeling import signals


def connect() -> None:
    """Connects the listeners; called once when Django is ready."""
    signals.answer_recorded.connect(on_answer_recorded)


def on_answer_recorded(sender: Any, project_id: int, **_: Any) -> None:
    """Asks for a decision whether to train."""
