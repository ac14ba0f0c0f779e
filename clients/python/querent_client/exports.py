"""The labeled data set out: as a file, or as the table of another library."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from querent_client import tables
from querent_client.downloads import fetch, stream
from querent_client.jobs import finished
from querent_client.models import ExportFormatEnum, RowsEnum, SnapshotCertificateOut, SnapshotOut
from querent_client.progress import Progress, reporting
from querent_client.transport import Transport

if TYPE_CHECKING:
    import datasets
    import pandas
    import polars

Split = Literal["pool", "eval"]


class ProjectExports:
    """The exports of a project: snapshots, whose files never change, and the data set as it is at the moment."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def download(
        self, path: str | Path, *, format: ExportFormatEnum = "jsonl", rows: RowsEnum = "annotations",  # noqa: A002
        split: Split | None = None, source: str | None = None, sources: Sequence[str] = (),
        only: Literal["iid"] | None = None, names: Literal["real", "pseudonyms"] | None = None,
        progress: bool | Progress = False, columns: Sequence[str] = (), timeout_s: float | None = None,
    ) -> SnapshotOut:  # fmt: skip
        """Fixes the data set as it is now and writes its file to ``path``, which is there whole or not at all.

        A download that broke off goes on where it stopped, also in a later call, as long as the data set is the same;
        the file's sha256 is checked. Raises DownloadDamaged.
        """
        made = self.snapshot(
            format=format, rows=rows, split=split, source=source, sources=sources, only=only, names=names,
            columns=columns, timeout_s=timeout_s,
        )  # fmt: skip
        self.fetch(made, path, progress=progress)
        return made

    def snapshot(
        self, *, format: ExportFormatEnum = "jsonl", rows: RowsEnum = "annotations",  # noqa: A002
        split: Split | None = None, source: str | None = None, sources: Sequence[str] = (),
        only: Literal["iid"] | None = None, names: Literal["real", "pseudonyms"] | None = None,
        columns: Sequence[str] = (), wait: bool = True, timeout_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> SnapshotOut:  # fmt: skip
        """Fixes the data set as it is now; with ``wait`` its file is written when this returns.

        ``columns`` chooses some, in their order.
        """
        given = {"split": split, "source": source, "sources": ",".join(sources), "only": only}
        filters = {name: value for name, value in given.items() if value}
        body: dict[str, Any] = {"format": format, "rows": rows, "filters": filters}
        if names:
            body["names"] = names
        if columns:
            body["columns"] = list(columns)
        made = cast(
            SnapshotOut, self._transport.json("snapshots_start", slug=self._slug, body=body, key=idempotency_key)
        )
        if not wait:
            return made
        read = partial(self.read, made["id"])
        sleep = self._transport.retries.sleep
        return cast(SnapshotOut, finished("Snapshot", made, read, timeout_s=timeout_s, sleep=sleep))

    def read(self, snapshot_id: str) -> SnapshotOut:
        return cast(SnapshotOut, self._transport.json("snapshots_read", public_id=snapshot_id))

    def certificate(self, snapshot_id: str) -> SnapshotCertificateOut:
        """What the export carried, what its format lost of which rows, and what was checked."""
        return cast(SnapshotCertificateOut, self._transport.json("snapshots_certificate", public_id=snapshot_id))

    def list(self) -> Iterator[SnapshotOut]:
        """Newest first."""
        return self._transport.pages("snapshots_list", slug=self._slug)

    def fetch(self, snapshot: SnapshotOut | str, path: str | Path, *, progress: bool | Progress = False) -> Path:
        """Writes the file of a snapshot that is done; see ``download``."""
        found = self.read(snapshot) if isinstance(snapshot, str) else snapshot
        with reporting(progress) as tell:
            return fetch(self._transport, found, Path(path), tell)

    def stream(
        self, path: str | Path, *, format: ExportFormatEnum = "jsonl", rows: RowsEnum = "annotations",  # noqa: A002
        split: Split | None = None, source: str | None = None, sources: Sequence[str] = (),
        only: Literal["iid"] | None = None, names: Literal["real", "pseudonyms"] | None = None,
        columns: Sequence[str] = (), progress: bool | Progress = False,
    ) -> Path:  # fmt: skip
        """Writes the data set as it is now to ``path``, for viewers too, and keeps nothing at the server.

        ``columns`` chooses some, in their order. A stream that breaks off begins anew: ``download`` goes on.
        """
        if wrong := [column for column in columns if "," in column]:
            raise ValueError(f"A column with a comma in its name cannot be chosen: {wrong[0]!r}")
        query = {
            "format": format, "rows": rows, "split": split, "source": source, "sources": ",".join(sources) or None,
            "only": only, "names": names, "columns": ",".join(columns) or None,
        }  # fmt: skip
        with reporting(progress) as tell:
            return stream(
                lambda: self._transport.stream("export", slug=self._slug, query=query), self._transport.retries,
                Path(path), tell,
            )  # fmt: skip

    def to_pandas(self, *, dtype_backend: str = "numpy_nullable", **chosen: Any) -> "pandas.DataFrame":
        """The rows as a DataFrame (extra ``pandas``); whole numbers and booleans stay such where a cell is empty.

        ``chosen`` are ``rows``, ``split``, ``source``, ``sources``, ``only``, ``names`` and ``columns`` of ``stream``.
        """
        library = tables.pandas()
        with self._parquet(chosen) as path:
            return cast("pandas.DataFrame", library.read_parquet(path, dtype_backend=dtype_backend))

    def to_polars(self, **chosen: Any) -> "polars.DataFrame":
        """The rows as a polars DataFrame (extra ``polars``); ``chosen`` as in ``to_pandas``."""
        library = tables.polars()
        with self._parquet(chosen) as path:
            return cast("polars.DataFrame", library.read_parquet(path))

    def to_datasets(self, **chosen: Any) -> "datasets.Dataset":
        """The rows as a Dataset of Hugging Face, in memory (extra ``datasets``); ``chosen`` as in ``to_pandas``."""
        library = tables.datasets()
        with self._parquet(chosen) as path:
            made = library.Dataset.from_parquet(str(path), keep_in_memory=True, cache_dir=str(path.parent / "cache"))
            return cast("datasets.Dataset", made)

    @contextmanager
    def _parquet(self, chosen: dict[str, Any]) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="querent-") as folder:
            path = Path(folder) / "rows.parquet"
            yield self.stream(path, format="parquet", **chosen)
