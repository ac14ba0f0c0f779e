"""Data sets: folders as zip, for readers that want more than a table (decision 0067)."""

from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.huggingface import HuggingFace
from labeling.services.exports.folders.imagefolder import ImageFolder

FOLDERS: dict[str, FolderFormat] = {format_.name: format_ for format_ in (HuggingFace(), ImageFolder())}

__all__ = ["FOLDERS", "FolderFormat"]
