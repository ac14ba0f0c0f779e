"""Log lines: one event, one line, whatever is in it. What a request writes carries the request's id."""

import json
import logging
import time
from typing import Any

from labeling.services.audit.origin import ORIGIN


class Refusals(logging.Filter):
    """Refusing is no fault: Django's own line about a 4xx says no more than the access line, and a traceback nothing
    that could be mended. What it calls security keeps its reason."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 500)
        if status >= 500 or not record.name.startswith(("django.request", "django.security")):
            return True
        record.exc_info = record.exc_text = None
        return record.name != "django.request"


class OneLine(logging.Formatter):
    """``2026-01-31T12:00:00.123Z info labeling.services.imports message``; a traceback follows on the same line, and
    the id of the request at the end."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        message = super().format(record).strip().replace("\r", "").replace("\n", " | ")
        request = ORIGIN.get().request_id
        end = f" request={request}" if request else ""
        return f"{self.formatTime(record)} {record.levelname.lower()} {record.name} {message}{end}"


class OneObject(OneLine):
    """The same as a JSON object, for log collectors; an access line's parts are fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        event |= {"message": record.getMessage(), "process": record.process}
        if request := ORIGIN.get().request_id:
            event["request_id"] = request
        event |= getattr(record, "fields", {})
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)
