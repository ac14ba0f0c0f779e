"""Features of photos whose originals lie in an object store far away, over those of the same photos in a folder.

    python -m benchmarks.object_store --moto PYTHON [--photos 1000] [--latency-ms 30] [--rounds 3] [--code CHECKOUT]

``PYTHON`` has moto's server and django-storages' S3 beside all that Querent needs. moto serves in a process of its own
whose every answer waits ``--latency-ms``; its CPU counts for nothing. A fresh process each computes the features of the
photos of TrashNet, from the folder and from the store in turns: seconds and the process' own CPU. ``--code`` runs
another tree's code. The aim is at most 1.3 of the folder's seconds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from benchmarks.open_data import DATA, require_data
from benchmarks.serving import ROOT, free_port, running, wait_for

MAX_RATIO = 1.3
ARCHIVE = DATA / "img_trashnet" / "images.zip"
BUCKET = "querent"

SERVER = """
import logging, sys, time
logging.getLogger("werkzeug").disabled = True
from werkzeug.serving import make_server
from moto.server import DomainDispatcherApplication, create_backend_app
inner = DomainDispatcherApplication(create_backend_app)
def far_away(environ, start):
    time.sleep(float(sys.argv[2]) / 1000)
    return inner(environ, start)
make_server("127.0.0.1", int(sys.argv[1]), far_away, threaded=True).serve_forever()
"""

BUCKET_AND_PHOTOS = """
import sys, boto3, os
client = boto3.client("s3", endpoint_url=sys.argv[1],
    aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
client.create_bucket(Bucket=sys.argv[2])
folder = sys.argv[3]
for name in sorted(os.listdir(folder)):
    client.upload_file(os.path.join(folder, name), sys.argv[2], name)
"""

FEATURES = """
import json, sys, time
import django
django.setup()
import numpy as np
from learning.core.encoders import make_encoder
from learning.services.features.contents import Pictures
names = json.load(sys.stdin)
rng = np.random.default_rng(0)
encoder = make_encoder("efficientnet-lite0", "image").fit(Pictures(names[:2]), rng)
encoder.transform(Pictures(names[:8]))
wall, cpu = time.perf_counter(), time.process_time()
rows = encoder.transform(Pictures(names))
print("told", time.perf_counter() - wall, time.process_time() - cpu, float(np.abs(rows).sum()))
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moto", required=True, help="A Python that has moto[server] and django-storages[s3].")
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--latency-ms", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--code", type=Path, default=ROOT)
    options = parser.parse_args()
    require_data("img_trashnet")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="querent-objects-")))
        names = unpacked(home / "files", options.photos)
        port = free_port()
        server = [options.moto, "-c", SERVER, str(port), str(options.latency_ms)]
        wait_for(port, stack.enter_context(running(server, dict(os.environ))))
        url = f"http://127.0.0.1:{port}"
        upload = [options.moto, "-c", BUCKET_AND_PHOTOS, url, BUCKET, str(home / "files")]
        subprocess.run(upload, check=True)
        storages = {
            "folder": ("django.core.files.storage.FileSystemStorage", {"location": str(home / "files")}),
            "store": (
                "storages.backends.s3.S3Storage",
                {
                    "bucket_name": BUCKET, "endpoint_url": url, "access_key": "x", "secret_key": "x",
                    "region_name": "us-east-1",
                },
            ),
        }  # fmt: skip
        took: dict[str, list[tuple[float, float]]] = defaultdict(list)
        sums = set()
        for _ in range(options.rounds):
            for place, (backend, values) in storages.items():
                env = {
                    **os.environ, "QUERENT_HOME": str(home), "FILE_STORAGE": backend, "OMP_NUM_THREADS": "1",
                    "FILE_STORAGE_OPTIONS": json.dumps(values), "DJANGO_SETTINGS_MODULE": "config.settings",
                }  # fmt: skip
                told = subprocess.run(
                    [options.moto, "-c", FEATURES], cwd=options.code, env=env, check=True, text=True,
                    input=json.dumps(names), stdout=subprocess.PIPE,
                )  # fmt: skip
                wall_s, cpu_s, total = map(float, told.stdout.splitlines()[-1].split()[1:])
                took[place].append((wall_s, cpu_s))
                sums.add(round(total, 3))
    return report(took, sums, options)


def unpacked(folder: Path, count: int) -> list[str]:
    """The names of so many photos, drawn evenly over the archive."""
    folder.mkdir()
    with zipfile.ZipFile(ARCHIVE) as archive:
        photos = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        chosen = photos[:: max(1, len(photos) // count)][:count]
        for place, name in enumerate(chosen):
            (folder / f"{place}.jpg").write_bytes(archive.read(name))
    return [f"{place}.jpg" for place in range(len(chosen))]


def report(took: dict[str, list[tuple[float, float]]], sums: set[float], options: argparse.Namespace) -> int:
    middles = {}
    print(f"{options.photos:,} photos, {options.latency_ms:g} ms away; ms a photo, median of {options.rounds}")
    for place, rounds in took.items():
        wall, cpu = (statistics.median(each) / options.photos * 1000 for each in zip(*rounds, strict=True))
        middles[place] = wall, cpu
        print(f"    {place:8} {wall:7.2f} seconds / 1000, {cpu:7.2f} CPU")
    ratio = middles["store"][0] / middles["folder"][0]
    met = ratio <= MAX_RATIO and len(sums) == 1
    print(f"store over folder: {ratio:.2f} (<= {MAX_RATIO}), CPU {middles['store'][1] / middles['folder'][1]:.2f}")
    print(f"{'the same' if len(sums) == 1 else 'DIFFERENT'} features: {'met' if met else 'NOT met'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
