"""What every data set format provides: a file that one kind of reader takes as it is, made of one shape of rows."""

from typing import ClassVar

from labeling.models import Modality
from labeling.services.exports.base import ExportFormat


class DataSetFormat(ExportFormat):
    """Its columns are its reader's, so it is made of one shape of rows only."""

    #: the shape whose rows it is made of
    made_of: ClassVar[str]
    #: what the projects ask about whose rows the reader can take
    modalities: ClassVar[tuple[str, ...]] = tuple(Modality.values)
    #: for the export page
    label: ClassVar[str]
    hint: ClassVar[str]
