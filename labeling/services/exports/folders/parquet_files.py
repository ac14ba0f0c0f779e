import shutil
import tempfile
import zipfile

import pyarrow.parquet as pq

SPOOL_BYTES = 8 * 1024 * 1024


def parquet_rows(archive: zipfile.ZipFile, name: str) -> int:
    """How many rows a parquet file of a zip has, by its own end."""
    with archive.open(name) as packed, tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
        shutil.copyfileobj(packed, file)
        file.seek(0)
        return int(pq.ParquetFile(file).metadata.num_rows)
