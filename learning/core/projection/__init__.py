"""Features as points of a plane: neighbours stay neighbours (decision 0108); clusters and near-duplicates (0114)."""

from learning.core.projection.clusters import MOST_CLUSTERS, cluster_centres
from learning.core.projection.layout import FEWEST, LANDMARKS, Layout, lay_out
from learning.core.projection.near_duplicates import near_duplicates
from learning.core.projection.placing import Placer

__all__ = [
    "FEWEST", "LANDMARKS", "MOST_CLUSTERS", "Layout", "Placer", "cluster_centres", "lay_out", "near_duplicates",
]  # fmt: skip
