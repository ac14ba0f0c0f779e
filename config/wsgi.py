"""The WSGI application served by gunicorn."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.versions import NewerDatabase, refuse_newer_database
from config.web_database import limit_waits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_wsgi_application()

from config.predict_shortcut import Shortcut  # noqa: E402 - Django has to be set up first

application = Shortcut(_django)
try:
    refuse_newer_database()
except NewerDatabase as newer:
    raise SystemExit(f"Querent cannot start: {newer}") from None
limit_waits()
import_module(settings.ROOT_URLCONF)  # now and not at the first request: gunicorn's processes share what is loaded here
