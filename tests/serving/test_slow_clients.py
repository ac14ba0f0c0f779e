"""Fifty slow senders and fifty slow readers for a minute, against the server as it is set up: nobody else notices.

``python -m benchmarks.slow_clients`` measures how little.
"""

import threading
import time

from benchmarks.slow_clients import MANY, Probe, SlowClients
from tests.serving.site import Site

AT_MOST_S = 60


def test_fifty_slow_senders_and_fifty_slow_readers_hold_up_nobody(home):
    with Site(home) as site, SlowClients(site) as slow:
        assert slow.n_open() == 2 * MANY
        probe = Probe(site)
        while slow.n_open() and time.monotonic() - slow.began < AT_MOST_S + 10:
            probe.round()
            time.sleep(0.2)  # who asks all the time computes as much as a whole folder of tests
        assert slow.n_open() == 0, "the slow ones were not ended"
        assert slow.longest_s() < AT_MOST_S
        assert probe.healthz_s
        assert probe.label_s
        # with all threads taken a request would have waited until the first slow one was ended
        assert max(probe.healthz_s + probe.label_s) < 15
        assert threading.active_count() < 10
