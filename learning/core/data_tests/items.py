"""Defects of items and of the features made of them."""

from __future__ import annotations

import numpy as np
from scipy.special import kolmogorov

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.data_tests.findings import SIGNIFICANT, Finding, holm, judged, skipped

EMPTY_SHARE = 0.01
ROWS_TO_VARY = 50
CONSTANT_SHARE = 0.75
SAME_SHARE = 0.2
ROWS_OF_A_BATCH = 30
SIZE_FACTOR = 2.0
SIZE_DISTANCE = 0.3
LEAST_LIKENESS = 0.98
_AGAIN = "Choose another encoder in the settings and then this one again: all features are computed anew."


def contents_present(is_empty: BoolArray) -> Finding:
    """Judge items with nothing to look at.

    Parameters
    ----------
    is_empty : ndarray of bool, shape (n,)
        Of a random part of the items: no text, no readable file, no filled column.

    Examples
    --------
    >>> contents_present(np.arange(100) < 5).outcome
    'warn'
    """
    if len(is_empty) == 0:
        return skipped("contents_present", "no items")
    n = int(is_empty.sum())
    words = f"{n:,} of {len(is_empty):,} items looked at have no content"
    advice = "Find out where the content was lost (column name, files), import again, and set the empty items aside."
    return judged("contents_present", n / len(is_empty), EMPTY_SHARE, "of the items", words, advice)


def sizes_between_batches(batches: IntArray, sizes: DoubleArray, unit: str) -> Finding:
    """Judge whether an import's items are of another size than all others.

    Two samples of sizes are compared by Kolmogorov-Smirnov. It warns when the p-value, adjusted for the number of
    imports, is below 0.001, the distance at least 0.3, and the median at least twice or at most half of the others'.

    Parameters
    ----------
    batches : ndarray of int, shape (n,)
    sizes : ndarray of float64, shape (n,)
        Characters, pixels or filled columns; positive.
    unit : str

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sizes = rng.lognormal(4, 0.5, 200)
    >>> batches = np.arange(200) // 100
    >>> sizes_between_batches(batches, sizes, "characters").outcome
    'pass'
    >>> sizes_between_batches(batches, sizes * np.where(batches == 1, 4, 1), "characters").outcome
    'warn'
    """
    name = "sizes_between_imports"
    numbers, counts = np.unique(batches, return_counts=True)
    large = numbers[(counts >= ROWS_OF_A_BATCH) & (len(batches) - counts >= ROWS_OF_A_BATCH)]
    if len(large) == 0:
        return skipped(name, "no two imports with enough items")
    p_values, factors, distances = [], [], []
    for number in large:
        here, there = np.sort(sizes[batches == number]), np.sort(sizes[batches != number])
        distance = _distance(here, there)
        p_values.append(kolmogorov(np.sqrt(len(here) * len(there) / len(sizes)) * distance))
        ratio = (float(np.median(here)) + 1.0) / (float(np.median(there)) + 1.0)
        factors.append(max(ratio, 1.0 / ratio))
        distances.append(distance)
    certain = (holm(np.array(p_values)) < SIGNIFICANT) & (np.array(distances) >= SIZE_DISTANCE)
    value = float(np.array(factors)[certain].max(initial=1.0))
    words = f"typical size ({unit}) of an import is at most {value:.1f} times that of the others"
    advice = "Look at that import: cut texts, thumbnails instead of pictures, or another source?"
    return judged(name, value, SIZE_FACTOR, "times the size", words, advice)


def _distance(here: DoubleArray, there: DoubleArray) -> float:
    """Largest difference between two empirical distribution functions, of sorted samples."""
    both = np.concatenate((here, there))
    left = np.searchsorted(here, both, side="right") / len(here)
    right = np.searchsorted(there, both, side="right") / len(there)
    return float(np.abs(left - right).max())


def features_for_every_item(n_rows: int, n_items: int) -> Finding:
    """Judge whether there are as many rows of features as items.

    Examples
    --------
    >>> features_for_every_item(99, 100).outcome
    'fail'
    """
    missing = abs(n_items - n_rows)
    words = f"{n_rows:,} rows of features for {n_items:,} items"
    return judged("features_for_every_item", missing, 0, "rows", words, _AGAIN, hard=True)


def features_finite(features: FloatMatrix) -> Finding:
    """Judge NaN and infinity.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)

    Examples
    --------
    >>> features_finite(np.array([[1.0, np.nan]], dtype=np.float32)).value
    1.0
    """
    if not len(features):
        return skipped("features_finite", "no items", hard=True)
    n = 0
    if not np.isfinite(features.sum(dtype=np.float64)):
        n = int((~np.isfinite(features).all(axis=1)).sum())
    words = f"{n:,} of {len(features):,} rows hold NaN or infinity"
    return judged("features_finite", n, 0, "rows", words, _AGAIN, hard=True)


def features_vary(features: FloatMatrix) -> list[Finding]:
    """Judge features that are the same for every item.

    Some are constant in every project (no picture of it shows purple), so a warning needs three quarters of them. When
    all are, nothing can be learned: that is hard.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
        Of a random part of the items.

    Returns
    -------
    list of Finding
        ``features_vary`` (hard) and ``constant_features``; skipped below 50 rows.

    Examples
    --------
    >>> [row.outcome for row in features_vary(np.ones((60, 3), np.float32))]
    ['fail', 'warn']
    """
    if len(features) < ROWS_TO_VARY or not features.shape[1]:
        why = f"{len(features):,} items, told from {ROWS_TO_VARY} on"
        return [skipped("features_vary", why, hard=True), skipped("constant_features", why)]
    constant = (features.max(axis=0) == features.min(axis=0)) | np.isnan(features).any(axis=0)
    share = float(constant.mean())
    words = f"{int(constant.sum()):,} of {constant.size:,} features are the same for every item"
    advice = "Look at the columns or pictures: nearly all of what could tell items apart is missing."
    return [
        judged(
            "features_vary", float(share == 1.0), 0, "",
            "all items look the same" if share == 1.0 else "items differ", advice, hard=True,
        ),
        judged("constant_features", share, CONSTANT_SHARE, "of the features", words, advice),
    ]  # fmt: skip


def features_differ(features: FloatMatrix, rng: np.random.Generator) -> Finding:
    """Judge whether many items have the very same features: unreadable files all become one.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
        Of a random part of the items.
    rng : numpy.random.Generator
        Rows are told apart by their product with a random direction.

    Examples
    --------
    >>> features = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    >>> features[:30] = 0
    >>> features_differ(features, np.random.default_rng(0)).value
    0.3
    """
    if len(features) < ROWS_TO_VARY:
        return skipped("features_differ", f"{len(features):,} items, told from {ROWS_TO_VARY} on")
    _, counts = np.unique(keys_of_rows(features, rng), return_counts=True)
    n = int(counts.max())
    words = f"the most frequent row of features stands for {n:,} of {len(features):,} items"
    advice = "Look at these items: empty, unreadable or a placeholder? Set them aside or import them again."
    return judged("features_differ", n / len(features), SAME_SHARE, "of the items", words, advice)


def keys_of_rows(features: FloatMatrix, rng: np.random.Generator) -> IntArray:
    """Return a number per row, equal for equal rows and (but for 2^-50) different for different ones.

    Examples
    --------
    >>> keys = keys_of_rows(np.array([[1, 2], [1, 2], [2, 1]], dtype=np.float32), np.random.default_rng(0))
    >>> bool(keys[0] == keys[1] != keys[2])
    True
    """
    direction = rng.normal(size=features.shape[1])
    # summed row by row: a matrix product may round a row differently by where it stands
    products = (np.nan_to_num(features) * direction).sum(axis=1)
    return np.asarray(products.view(np.int64))


def features_belong_to_items(stored: FloatMatrix, computed: FloatMatrix) -> Finding:
    """Judge whether stored rows are those of the items they are taken for: a few are computed again.

    Parameters
    ----------
    stored, computed : ndarray of float32, shape (n, d)

    Returns
    -------
    Finding
        The number is how many rows have a cosine with their recomputation below 0.98 (other machines round otherwise,
        other items differ more).

    Examples
    --------
    >>> rows = np.eye(3, dtype=np.float32)
    >>> features_belong_to_items(rows, np.roll(rows, 1, axis=0)).value
    3.0
    """
    name = "features_belong_to_items"
    if not len(stored):
        return skipped(name, "no items", hard=True)
    left, right = np.nan_to_num(stored.astype(np.float64)), np.nan_to_num(computed.astype(np.float64))
    lengths = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    products = (left * right).sum(axis=1)
    both_zero = ~left.any(axis=1) & ~right.any(axis=1)
    alike = both_zero | (products >= LEAST_LIKENESS * np.maximum(lengths, 1e-30)) & (lengths > 0)
    n = int((~alike).sum())
    words = f"{n:,} of {len(stored):,} rows computed again differ from what is stored"
    return judged(name, n, 0, "rows", words, _AGAIN, hard=True)
