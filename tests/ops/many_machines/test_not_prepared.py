"""A machine that is started without ``prepare``: alive, but ``/readyz`` says what it lacks.

Its pages fail for want of static files, while ``/healthz`` sees nothing wrong: so it was for a month.
"""

import json
import urllib.error
import urllib.request

import pytest

from tests.ops.many_machines.machine import Machine
from tests.ops.running import until

pytestmark = pytest.mark.broker


def wrong_at(machine: Machine) -> dict[str, str]:
    """What ``/readyz`` finds wrong."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{machine.port}/readyz", timeout=30)
    return dict(json.loads(refused.value.read())["wrong"])


def test_a_machine_that_was_not_prepared_is_alive_but_not_ready(site):
    two = site.machines[1]
    until(lambda: two.status("/readyz") == 200, f"two, which is prepared, is ready: {two.log}", 60)
    three = site.new_machine("three")
    gunicorn = next(command for command in site.commands if "gunicorn" in command)
    try:
        three.start(gunicorn)
        until(three.is_healthy, f"three serves: {three.log}", 120)
        assert three.status("/readyz") == 503
        [(name, why)] = wrong_at(three).items()
        assert (name, why.rpartition(": ")[2]) == ("static", "manage.py prepare")

        three.kill()
        three.said = three.shell(site.prepare)  # what it was told to do
        three.start(gunicorn)
        until(lambda: three.status("/readyz") == 200, f"three is ready: {three.log}", 120)
    finally:
        three.kill()
