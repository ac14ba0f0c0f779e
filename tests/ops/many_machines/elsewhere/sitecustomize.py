"""Python imports this at its start where ``PYTHONPATH`` leads here: the process is then on the host ``ELSEWHERE``.

Another name of the host needs root to be had from the kernel. Whoever shares a host name (and a kernel) is taken for
the same machine, whose processes are looked up instead of waited for.
"""

import os
import socket


def _elsewhere() -> str:
    return os.environ["ELSEWHERE"]


socket.gethostname = _elsewhere
