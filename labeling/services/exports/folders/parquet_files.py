import tempfile
from collections.abc import Iterable

import pyarrow.parquet as pq

SPOOL_BYTES = 8 * 1024 * 1024


def parquet_rows(pieces: Iterable[bytes]) -> int:
    """How many rows a parquet file has, by its own end."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
        file.writelines(pieces)
        file.seek(0)
        return int(pq.ParquetFile(file).metadata.num_rows)
