"""A storage elsewhere, as an object store is: whole objects, no paths, unlike Django's storage in memory."""

import threading
import time
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage


class Objects(Storage):
    """Counts what is read; ``wait_s`` is how far away it is, ``trouble`` what each call meets."""

    def __init__(self, **held: bytes) -> None:
        self.held = held
        self.wait_s = 0.0
        self.reads: list[str] = []
        self.trouble: Exception | None = None
        self.most_at_once, self._at_once, self._lock = 0, 0, threading.Lock()

    def exists(self, name: str) -> bool:
        if self.trouble:
            raise self.trouble
        return name in self.held

    def delete(self, name: str) -> None:
        self.held.pop(name, None)

    def size(self, name: str) -> int:
        return len(self.held[name])

    def _save(self, name: str, content: Any) -> str:
        self.held[name] = content.read()
        return name

    def _open(self, name: str, mode: str = "rb") -> ContentFile:  # type: ignore[type-arg]
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(self.wait_s)
        with self._lock:
            self._at_once -= 1
            self.reads.append(name)
        if name not in self.held:
            raise FileNotFoundError(name)
        return ContentFile(self.held[name])
