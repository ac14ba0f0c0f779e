"""Imports: an upload on its way into a project. ``start_import`` in the request, ``run_import`` in a worker."""

from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.run import run_import
from labeling.services.imports.start import start_import

__all__ = ["ImportRefused", "run_import", "start_import"]
