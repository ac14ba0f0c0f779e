"""The processes of one machine: started together, restarted when one dies, stopped together (decision 0007)."""

from config.supervision.copy import can_copy
from config.supervision.errand import Errand
from config.supervision.home_lock import AlreadyRunning, lock_home
from config.supervision.program import Program
from config.supervision.supervisor import GaveUp, Supervisor

__all__ = ["AlreadyRunning", "Errand", "GaveUp", "Program", "Supervisor", "can_copy", "lock_home"]
