"""What a simulation says of a queue that fell back to random questions."""

from collections.abc import Sequence

from learning.core.simulation import Curve


def fell_back_told(strategy: str, curves: Sequence[Curve]) -> str:
    """One sentence; empty where the model chose to the end in every seed."""
    fell = sorted(curve.fell_back for curve in curves if curve.fell_back)
    if not fell:
        return ""
    after = f"{fell[0]:,}" if fell[0] == fell[-1] else f"{fell[0]:,} to {fell[-1]:,}"
    seeds = f"{len(fell)} of {len(curves)} seeds" if len(curves) > 1 else "this seed"
    return (
        f"{strategy}: chosen questions teach little in {seeds}, where every question is drawn at random after {after}"
        " answers, as a project does by itself; --fall-back never shows what choosing on would bring."
    )
