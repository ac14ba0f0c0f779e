"""What services raise when the caller asked for something that cannot be."""


class Invalid(ValueError):
    """Input that does not fit; ``field`` names what is wrong, ``reason`` is for the person."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason
