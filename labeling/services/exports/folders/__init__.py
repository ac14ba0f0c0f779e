"""Data sets: folders as zip, for readers that want more than a table (decision 0067)."""

from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.croissant import Croissant
from labeling.services.exports.folders.doccano import Doccano
from labeling.services.exports.folders.huggingface import HuggingFace
from labeling.services.exports.folders.imagefolder import ImageFolder
from labeling.services.exports.folders.label_studio import LabelStudio

FOLDERS: dict[str, FolderFormat] = {
    format_.name: format_ for format_ in (HuggingFace(), ImageFolder(), Croissant(), Doccano(), LabelStudio())
}

__all__ = ["FOLDERS", "FolderFormat"]
