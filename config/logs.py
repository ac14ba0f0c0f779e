"""Log lines: one event, one line, whatever is in it."""

import json
import logging
import time
from typing import Any


class OneLine(logging.Formatter):
    """``2026-01-31T12:00:00.123Z info labeling.services.imports message``; a traceback follows on the same line."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        message = super().format(record).strip().replace("\r", "").replace("\n", " | ")
        return f"{self.formatTime(record)} {record.levelname.lower()} {record.name} {message}"


class OneObject(OneLine):
    """The same as a JSON object, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        event |= {"message": record.getMessage(), "process": record.process}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)
