"""Files that no row names: left by killed workers, by deletions during a backup, by rows that were dropped.

A file may be there before the row that names it. So only those that nobody has touched for a day are looked at;
whoever stores a file that is there already touches it, and ``discard`` looks again last of all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.models import Asset
from labeling.selectors.stored_files import named_files
from labeling.services.files import storage
from labeling.services.housekeeping.rules import Freed
from labeling.services.jobs.attempts import Beat

AGE = timedelta(days=1)
BEAT_EVERY_FILES = 500
#: Folder of the storage, and below a project's own: the kind of what is in it. Other folders are left alone.
ROOMS = {"originals": "originals", "previews": "previews", "uploads": "uploads", "snapshots": "snapshots"}
LEARNING = "learning"
LEARNED = {
    "models": "models", "golden": "models", "encoders": "encoders", "features": "features",
    "evaluations": "evaluations", "doubts": "doubts", "predicted": "predictions",
}  # fmt: skip
#: On an object store two steps cannot be one: there only what is made again by itself is swept.
SWEPT_ON_OBJECT_STORES = ("previews", "uploads", "features")

Usage = dict[str, dict[str, list[int]]]


def sweep_strays(beat: Beat) -> tuple[list[Freed], Usage]:
    """Removes them, and counts what stays: files and bytes by project and kind."""
    freed: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    usage: Usage = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for project_id, folders in sorted(_projects().items()):
        is_named = _names_of(project_id)
        for folder, kind in folders:
            for number, name in enumerate(_walk(folder)):
                if number % BEAT_EVERY_FILES == 0:
                    beat()
                size_bytes = _remove_if_stray(name, kind, is_named)
                if size_bytes is not None:
                    freed[kind, project_id][0] += 1
                    freed[kind, project_id][1] += size_bytes
                    continue
                try:
                    counted = usage[str(project_id)][kind]
                    counted[1] += default_storage.size(name)
                    counted[0] += 1
                except FileNotFoundError:
                    continue  # its owner removed it meanwhile
    found = [
        Freed(f"strays: {kind}", project_id, files, size_bytes)
        for (kind, project_id), (files, size_bytes) in freed.items()
    ]
    return found, {project: dict(kinds) for project, kinds in usage.items()}


def _projects() -> dict[int, list[tuple[str, str]]]:
    """By project number its folders, with the kind of what is in them."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for room in (*ROOMS, LEARNING):
        for number in _folders(room):
            if not number.isdecimal():
                continue
            if room == LEARNING:
                inner = set(_folders(f"{room}/{number}")) & set(LEARNED)
                found[int(number)] += [(f"{room}/{number}/{name}", LEARNED[name]) for name in sorted(inner)]
            else:
                found[int(number)].append((f"{room}/{number}", ROOMS[room]))
    return found


def _folders(folder: str) -> list[str]:
    try:
        return list(default_storage.listdir(folder)[0])
    except FileNotFoundError:
        return []


def _walk(folder: str) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}/{name}"
    for inner in folders:
        yield from _walk(f"{folder}/{inner}")


def _names_of(project_id: int) -> Callable[[str, bool], bool]:
    """Whether a name is in use: by what was found at the beginning, or asked again now."""
    from labeling.services.items.decoding import version_for  # noqa: PLC0415  # numpy and decoders: no start needs them

    def found() -> set[str]:
        return {file.name for file in named_files(projects=[project_id])}

    at_the_beginning = found()
    pictures = {
        sha256: version_for(format_, mode)
        for sha256, format_, mode in Asset.objects.filter(project=project_id).values_list("sha256", "format", "mode")
    }

    def is_named(name: str, again: bool) -> bool:
        if name.startswith("previews/"):
            sha256, _, made = PurePosixPath(name).stem.partition("-")
            return sha256 in pictures and made.rpartition("-v")[2] == pictures[sha256]
        return name in at_the_beginning or (again and name in found())

    return is_named


def _remove_if_stray(name: str, kind: str, is_named: Callable[[str, bool], bool]) -> int | None:
    """Bytes that were freed; None when the file stays."""
    if is_named(name, False):
        return None
    is_local = storage.local_path(name) is not None
    if not is_local and kind not in SWEPT_ON_OBJECT_STORES:
        return None
    seen = storage.stamp(name)
    if seen is None or seen.changed_at > timezone.now() - AGE:
        return None
    original = storage.original_of(name)
    if original and is_named(original, True):
        storage.bring_back(name, original)
        return None
    return storage.discard(name, seen, lambda: is_named(name, True))
