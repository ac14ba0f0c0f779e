"""The map of the items and the search for similar ones, beside the plainest way to the same.

    OMP_NUM_THREADS=1 python -m benchmarks.map
    OMP_NUM_THREADS=1 python -m benchmarks.map --parts nearest draw --nearest-rows 1000000
    OMP_NUM_THREADS=1 python -m benchmarks.map --parts layout --more 1000000

``layout``: CPU of a map of 20,000 x 512, with its clusters and near-duplicates, over that of PCA and openTSNE called
directly (aim 1.2), how far neighbours are kept (trustworthiness at 12, of 2,000 points: at least .9 of the direct
one's), points without a place; ``--more``: the same of so many rows, most of them placed beside the landmarks (aim: 8
times the direct CPU of 20,000).
``nearest``: the nearest 100 among shards of files over one product of matrix and vector (aim 1.6).
``draw``: one picture of 20,000 and of 1,000,000 points in Chromium.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.browser import annotator
from learning.core.arrays import ROWS_PER_BLOCK, ROWS_PER_SHARD, FloatMatrix
from learning.core.learners.distances import squared_distances
from learning.core.nearest import nearest_rows
from learning.core.pools import ArrayPool, Pool, ShardPool
from learning.core.projection import Layout, Placer, cluster_centres, lay_out, near_duplicates

PARTS = ("layout", "nearest", "draw")
ROWS, DIMENSION, GROUPS = 20_000, 512, 40
NEIGHBOURS, LOOKED_AT = 12, 2_000
DRAWN = (20_000, 1_000_000)
_DRAW = """async ([url, n]) => {
  const { pointCanvas } = await import(url);
  const canvas = document.body.appendChild(document.createElement("canvas"));
  canvas.style = "position: fixed; inset: 0; width: 1200px; height: 800px";
  [canvas.width, canvas.height] = [1200, 800];
  const places = new Uint16Array(2 * n).map(() => 65535 * Math.random());
  const colours = new Uint8Array(n).map((_, i) => i % 10);
  const shades = Array.from({ length: 16 }, (_, i) => [i / 16, 0.5, 0.5, 0.7]);
  const drawing = pointCanvas(canvas, places, colours);
  const times = [];
  for (let i = 0; i < 6; i++) {
    const begun = performance.now();
    drawing.draw({ x: 200 + i, y: 10, scale: 0.012 }, 2, shades);
    canvas.getContext("2d").getImageData(0, 0, 1, 1); // done, not only begun
    times.push(performance.now() - begun);
  }
  canvas.remove();
  return times.slice(1);
}"""


def grouped(n: int, rng: np.random.Generator) -> FloatMatrix:
    """Rows in groups, with fewer and fewer directions that matter."""
    centres = rng.normal(size=(GROUPS, DIMENSION)).astype(np.float32) * np.float32(0.35)
    spread = (1 / np.sqrt(1 + np.arange(DIMENSION))).astype(np.float32)
    rows = np.empty((n, DIMENSION), dtype=np.float32)
    for start in range(0, n, ROWS_PER_BLOCK):
        part = rows[start : start + ROWS_PER_BLOCK]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32) * spread
        part += centres[rng.integers(0, GROUPS, len(part))]
    return rows


def directly(features: FloatMatrix) -> Any:
    """What anybody would write."""
    from openTSNE import TSNE
    from sklearn.decomposition import PCA

    return np.asarray(TSNE(n_jobs=1, random_state=0).fit(PCA(50, random_state=0).fit_transform(features)))


def mapped(pool: Pool) -> Any:
    """Ours, with everything a job does but the database."""
    layout = lay_out(pool, np.random.default_rng(0))
    layout.dump()
    placer = Placer(layout)
    points = np.concatenate([placer.place(block, first) for first, block in pool.blocks()])
    grouped_s, _ = cpu_s(lambda: grouped_rows(pool, layout))
    print(f"  clusters and near-duplicates, in the figure below: {grouped_s:.1f} s CPU")
    return points


def grouped_rows(pool: Pool, layout: Layout) -> None:
    """Clusters and near-duplicates, as the job looks for them."""
    centres = cluster_centres(layout)
    for _, block in pool.blocks():
        squared_distances(layout.reduced(block), centres).argmin(axis=1)
    near_duplicates(pool, layout.axes)


def cpu_s(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def trustworthiness(features: FloatMatrix, points: Any) -> float:
    """How few strangers stand among the nearest on the map (Venna and Kaski 2001), over some of the points."""
    n, k = len(features), NEIGHBOURS
    chosen = np.random.default_rng(1).choice(n, LOOKED_AT, replace=False)
    squares = np.einsum("ij,ij->i", features, features)
    strangers = 0
    for one in chosen.tolist():
        near = ((points - points[one]) ** 2).sum(axis=1)
        near[one] = np.inf
        neighbours = np.argpartition(near, k)[:k]
        far = squares - 2 * (features @ features[one])
        far[one] = -np.inf
        rank = np.searchsorted(np.sort(far), far[neighbours])
        strangers += int(np.maximum(rank - k, 0).sum())
    return 1 - 2 * strangers / (LOOKED_AT * k * (2 * n - 3 * k - 1))


def layout(more: int) -> None:
    features = grouped(ROWS, np.random.default_rng(0))
    plain_s, plain = cpu_s(lambda: directly(features))
    ours_s, ours = cpu_s(lambda: mapped(ArrayPool(features)))
    kept, plainly_kept = trustworthiness(features, ours), trustworthiness(features, plain)
    print(f"map of {ROWS:,} x {DIMENSION}: {ours_s:.1f} s CPU, {ours_s / plain_s:.2f} of PCA + openTSNE (aim 1.2)")
    print(f"  trustworthiness at {NEIGHBOURS}: {kept:.4f}, {kept / plainly_kept:.3f} of {plainly_kept:.4f} (aim .9)")
    print(f"  points without a place: {int((~np.isfinite(ours).all(axis=1)).sum()) + ROWS - len(ours)}")
    if more:
        features = grouped(more, np.random.default_rng(0))
        more_s, ours = cpu_s(lambda: mapped(ArrayPool(features)))
        ratio = more_s / plain_s
        print(f"map of {more:,} x {DIMENSION}: {more_s:.1f} s CPU, {ratio:.2f} of those {ROWS:,} directly (aim 8)")
        print(f"  points without a place: {int((~np.isfinite(ours).all(axis=1)).sum()) + more - len(ours)}")


def nearest(rows: int, dimension: int) -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for start in range(0, rows, ROWS_PER_SHARD):
            path = Path(folder, f"{start}.npy")
            np.save(path, rng.standard_normal((min(ROWS_PER_SHARD, rows - start), dimension), dtype=np.float32))
            paths.append(path)
        shards = [np.load(path, mmap_mode="r") for path in paths]
        pool = ShardPool(rows, dimension, lambda number: np.asarray(shards[number]))
        asked = pool.take(np.array([rows // 2]))[0]
        lengths: dict[int, FloatMatrix] = {}
        first, later, products = [], [], []
        for _ in range(6):  # in turns; the first reads the files
            product_s, _ = cpu_s(lambda: [block @ asked for _, block in pool.blocks()])
            products.append(product_s)
            first.append(cpu_s(lambda: nearest_rows(pool, asked, 100))[0] / product_s)
            later_s, (found, _) = cpu_s(lambda: nearest_rows(pool, asked, 100, lengths))
            later.append(later_s / product_s)
        assert found[0] == rows // 2
    once, again, product_s = (statistics.median(one[1:]) for one in (first, later, products))
    print(f"nearest 100 of {rows:,} x {dimension}: {again:.2f} of one product of {product_s:.3f} s CPU (aim 1.6)")
    print(f"  the first search of a worker, which finds the lengths of the rows: {once:.2f}")


def draw() -> None:
    with annotator() as (site, _, page):
        from django.contrib.staticfiles.storage import staticfiles_storage

        page.goto(f"{site.url}/sign-in/")
        for n in DRAWN:
            times = page.evaluate(_DRAW, [staticfiles_storage.url("js/lib/point_canvas.js"), n])
            print(f"draw {n:,} points: {statistics.median(times):.1f} ms a picture of 1200 x 800")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--more", type=int, default=0, help="Rows of another map, most of them placed.")
    parser.add_argument("--nearest-rows", type=int, default=1_000_000)
    parser.add_argument("--nearest-dimension", type=int, default=384)
    arguments = parser.parse_args()
    with threadpool_limits(limits=1):
        if "layout" in arguments.parts:
            layout(arguments.more)
        if "nearest" in arguments.parts:
            nearest(arguments.nearest_rows, arguments.nearest_dimension)
    if "draw" in arguments.parts:
        draw()


if __name__ == "__main__":
    main()
