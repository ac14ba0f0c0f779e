"""An upload that is looked at first: kept, then imported under the columns that were chosen, or let go."""

from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import transaction

from labeling.models import ImportBatch, ImportDraft, Project, User
from labeling.services.files import storage
from labeling.services.imports.start import Upload, checked_options, enqueued, head_notes, kept


def keep_draft(
    user: User, project: Project, *, file: IO[bytes], file_name: str, format: str | None = None,  # noqa: A002
    options: dict[str, Any] | None = None,
) -> ImportDraft:  # fmt: skip
    """Stores an upload that no worker takes in yet. Raises ImportRefused for what is no file of this project."""
    chosen = checked_options(project, options or {})
    with kept(project, file=file, file_name=file_name, format=format, options=chosen, is_draft=True) as upload:
        return ImportDraft.objects.create(
            project=project, created_by=user, format=upload.format, file_name=upload.file_name, path=upload.path,
            size_bytes=upload.size_bytes, sha256=upload.sha256, options=upload.options,
        )  # fmt: skip


@transaction.atomic
def start_draft(user: User, draft: ImportDraft, options: dict[str, Any]) -> ImportBatch | None:
    """The draft becomes an import; None when it is one already or is gone. Raises ImportRefused."""
    chosen = {**draft.options, **checked_options(draft.project, options)}
    with default_storage.open(draft.path, "rb") as stored:
        notes = head_notes(stored, draft.project, draft.format, draft.file_name, chosen)
    if not ImportDraft.objects.filter(pk=draft.pk).delete()[0]:
        return None  # two clicks
    upload = Upload(
        draft.path, draft.format, draft.file_name, draft.size_bytes, chosen, notes=notes, sha256=draft.sha256
    )
    return enqueued(user, draft.project, upload)


def drop_draft(draft: ImportDraft) -> None:
    """Nothing is imported."""
    if ImportDraft.objects.filter(pk=draft.pk).delete()[0]:
        storage.let_go(draft.path)
