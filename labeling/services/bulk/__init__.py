"""Steps about many items at once: chosen and frozen, carried out by the services of single items, undone as one.

``choose`` makes ordinals of what was ticked or of a view, ``start`` stores the step with them (or its undo), ``run``
carries it out chunk by chunk in the request or as a job, ``steps`` says what each step does and how it is put back
(decision 0106).
"""

from labeling.services.bulk.choose import Selection
from labeling.services.bulk.run import run_bulk_step
from labeling.services.bulk.start import AsksFirst, begin, undo
from labeling.services.bulk.steps import MANAGERS_STEPS, WHY

__all__ = ["MANAGERS_STEPS", "WHY", "AsksFirst", "Selection", "begin", "run_bulk_step", "undo"]
