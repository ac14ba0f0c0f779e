"""Which column of a file is for what: given by the sender, remembered by the project, suggested by name and content."""

from labeling.services.imports.columns.mapping import ColumnMapping
from labeling.services.imports.columns.purposes import is_by_name, purposes_of
from labeling.services.imports.columns.suggest import suggested

__all__ = ["ColumnMapping", "is_by_name", "purposes_of", "suggested"]
