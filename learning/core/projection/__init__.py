"""Features as points of a plane: neighbours stay neighbours (decision 0108)."""

from learning.core.projection.layout import FEWEST, LANDMARKS, Layout, lay_out
from learning.core.projection.placing import Placer

__all__ = ["FEWEST", "LANDMARKS", "Layout", "Placer", "lay_out"]
