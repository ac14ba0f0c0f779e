"""How an import says no: to the whole upload, to one row, or to a worker that is no longer in charge."""

from labeling.services.outages.causes import outage_of


class ImportRefused(ValueError):
    """The upload as a whole cannot be imported; ``reason`` is for the person, ``too_large`` means HTTP 413."""

    def __init__(self, reason: str, too_large: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.too_large = too_large


def raise_outage(error: BaseException) -> None:
    """Raises the error again where a disk failed, not the file: a library that reads tells the two alike."""
    if outage_of(error):
        raise error


class RowRejected(ValueError):
    """One row does not go in; ``field`` names the column, if it is one column's fault."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
