"""Zips as other archivers write them: with any bytes for a name, with or without the flag that says UTF-8."""

import io
import zipfile


class _Info(zipfile.ZipInfo):
    """An entry whose name is written as the bytes given."""

    raw = b""
    is_flagged = False

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits | 0x800 if self.is_flagged else self.flag_bits & ~0x800


def raw_zip(files: list[tuple[bytes | str, bytes]]) -> bytes:
    """Names that are text are written as UTF-8 with the flag, those that are bytes as they are and without it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files:
            info = _Info(f"{len(archive.filelist)}")
            info.raw, info.is_flagged = (name, False) if isinstance(name, bytes) else (name.encode(), True)
            archive.writestr(info, content)
    return target.getvalue()
