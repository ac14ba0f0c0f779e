import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ops.many_machines.machine import Machine
from tests.ops.many_machines.site import Site


@pytest.fixture(scope="package")
def site(tmp_path_factory) -> Iterator[Site]:
    """Both prepared and started."""
    short = Path(tempfile.mkdtemp(prefix="querent-mm-"))  # the path of a socket may not be long
    site = Site(tmp_path_factory.mktemp("site"), short)
    try:
        for machine in site.machines:
            machine.said = machine.shell(site.prepare)
        site.all_up()
        yield site
    finally:
        site.close()
        shutil.rmtree(short, ignore_errors=True)


@pytest.fixture(scope="package")
def machines(site) -> list[Machine]:
    return list(site.machines)
