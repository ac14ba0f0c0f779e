"""Querent's REST API in Python.

    from querent_client import Client

    with Client("http://127.0.0.1:8000", token) as querent:
        project = querent.project("sample-texts")
        for task in project.tasks:
            project.tasks.answer(task, {"label": "ham"})
        frame = project.export.to_pandas(rows="items")

Answers are dicts as the server sent them, typed in ``querent_client.models``; what a newer server adds is there.
"""

from querent_client.client import Client, Project
from querent_client.errors import (
    BodyTooLarge,
    ConnectionLost,
    DownloadDamaged,
    InvalidRequest,
    JobFailed,
    MissingExtra,
    NotAllowed,
    NotSignedIn,
    NotThere,
    QuerentError,
    RequestRefused,
    ServerUnavailable,
    StateConflict,
    TaskLost,
    TooManyRequests,
    WaitedTooLong,
)
from querent_client.retries import Retries

__all__ = [
    "BodyTooLarge", "Client", "ConnectionLost", "DownloadDamaged", "InvalidRequest", "JobFailed", "MissingExtra",
    "NotAllowed", "NotSignedIn", "NotThere", "Project", "QuerentError", "RequestRefused", "Retries",
    "ServerUnavailable", "StateConflict", "TaskLost", "TooManyRequests", "WaitedTooLong",
]  # fmt: skip
