"""What is counted of two arms; without NumPy, for every process knows it with the models."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Outcomes of two arms held against each other.

    Parameters
    ----------
    worse, same, better : int
        How often the candidate alone was wrong, both or neither were, and the champion alone was.
    """

    worse: int = 0
    same: int = 0
    better: int = 0

    @property
    def n(self) -> int:
        return self.worse + self.same + self.better

    @property
    def difference(self) -> float:
        """Candidate's rate minus champion's, from -1 to 1, above 0 where the candidate is worse; 0 of none."""
        return (self.worse - self.better) / self.n if self.n else 0.0

    def turned(self) -> Counts:
        """The same with the arms exchanged."""
        return Counts(self.better, self.same, self.worse)
