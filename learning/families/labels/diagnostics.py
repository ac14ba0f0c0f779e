"""What is measured once a run's model and ranking are out. It may fail: nothing in use depends on it."""

import logging

from learning.families.labels import arms, stopping
from learning.families.labels.candidates import Material
from learning.models import ModelVersion
from learning.services.runs.steps import Stopped

logger = logging.getLogger(__name__)


def measure(material: Material, version: ModelVersion) -> None:
    """Stability against older versions, then active against random when that is due. Raises Stopped."""
    for part in (stopping.measure, arms.compare):
        try:
            part(material, version)
        except Stopped:
            raise
        except Exception:  # the run has done its work, and whoever reads the log learns what is missing
            logger.exception("run %s: %s failed", material.run.pk, part.__module__)
