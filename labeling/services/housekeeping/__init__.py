"""The nightly job that lets go of what nobody needs any more (decision 0043).

``rules`` is what keepers of files say: which of its files go, and how. ``rows`` is what goes from the database,
``strays`` what no row names. Each may be killed and run again at any point.
"""

from labeling.services.housekeeping.rules import Freed, Rule, would_free
from labeling.services.housekeeping.run import run_housekeeping, start_housekeeping

__all__ = ["Freed", "Rule", "run_housekeeping", "start_housekeeping", "would_free"]
