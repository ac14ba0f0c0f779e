"""Near-duplicates and sides of groups in their compact form, beside the plain loop that they stand for."""

import io
from dataclasses import replace

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.services.imports import split
from labeling.services.imports.near import MAX_CANDIDATES, NearDuplicates, Seen
from labeling.services.imports.split import SplitOfGroups
from labeling.services.items.pictures import inspect
from tests.labeling.imports.conftest import picture


def stored(seed: int, **save):
    """``(facts, seen)`` of a picture that lies in the file storage."""
    content = picture(seed, **save)
    path = default_storage.save(f"originals/{seed}", ContentFile(content))
    return inspect(content), Seen(path, "pool", f"group {seed}")


def facts_of(seed: int, **save):
    return inspect(picture(seed, **save))


def test_a_recompressed_picture_is_found_among_many_and_a_stranger_is_not():
    near = NearDuplicates()
    for seed in range(30):
        facts, seen = stored(seed)
        near.add(facts.perceptual_hash, seen)
    for seed in range(0, 30, 7):
        found = near.find(facts_of(seed, kind="JPEG", quality=80))
        assert found is not None
        assert found.group == f"group {seed}"
    assert near.find(facts_of(99)) is None


def test_of_two_that_show_the_same_the_earliest_is_found():
    near, (facts, seen) = NearDuplicates(), stored(1)
    near.add(facts.perceptual_hash, seen)
    near.add(facts.perceptual_hash, Seen(seen.path, "eval", "later"), facts.thumbnail)
    found = near.find(facts)
    assert found is not None
    assert found.group == "group 1"


def test_a_flat_picture_resembles_nothing():
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (64, 64), "grey").save(target, "PNG")
    flat = inspect(target.getvalue())
    assert flat.perceptual_hash is None
    near = NearDuplicates()
    near.add(flat.perceptual_hash, Seen("nowhere", "pool", "flat"))
    assert near.find(flat) is None
    facts, seen = stored(1)
    near.add(facts.perceptual_hash, seen)
    assert near.find(flat) is None


def test_the_hash_alone_is_not_enough():
    """At distance 4 it pairs strangers: what the thumbnails say counts."""
    facts, stranger = facts_of(1), facts_of(2)
    near = NearDuplicates()
    near.add(facts.perceptual_hash, Seen("two", "pool", "stranger"), stranger.thumbnail)
    assert near.find(facts) is None
    near.add(facts.perceptual_hash, Seen("one", "pool", "the same"), facts.thumbnail)
    found = near.find(facts)
    assert found is not None
    assert found.group == "the same"


@pytest.mark.parametrize("bits", [0, 4, 5])
def test_hashes_are_near_up_to_four_bits_at_both_ends(bits):
    facts = facts_of(1)
    assert facts.perceptual_hash is not None
    flipped = facts.perceptual_hash ^ sum(1 << (63 - bit) for bit in range(bits))
    signed = flipped - 2**64 if flipped >= 2**63 else flipped  # as the database keeps it
    near = NearDuplicates()
    near.add(signed, Seen("one", "pool", "same"), facts.thumbnail)
    assert (near.find(facts) is not None) == (bits <= 4)


def test_an_original_that_is_gone_or_damaged_is_nothing_to_compare_with():
    facts = facts_of(1)
    damaged = default_storage.save("originals/damaged", ContentFile(b"no picture"))
    for path in ("originals/gone", damaged):
        near = NearDuplicates()
        near.add(facts.perceptual_hash, Seen(path, "pool", "lost"))
        assert near.find(facts) is None


def test_more_pictures_than_the_first_array_holds_are_all_searched():
    facts, near = facts_of(1), NearDuplicates()
    rng = np.random.default_rng(0)
    own = np.uint64((facts.perceptual_hash or 0) & 0xFFFF_FFFF_FFFF_FFFF)
    far = rng.integers(0, 2**63, 3_000, dtype=np.uint64)
    first, last = int(own ^ np.uint64(1)), int(own ^ np.uint64(0b110))
    near.add(first, Seen("first", "eval", "mine"), facts.thumbnail)
    for place, value in enumerate(far[np.bitwise_count(far ^ own) > 8]):
        near.add(int(value), Seen(f"far {place}", "pool", ""))
    found = near.find(facts)
    assert found is not None
    assert (found.path, found.split) == ("first", "eval")
    near.add(last, Seen("last", "pool", ""), facts.thumbnail)
    nearest = near.find(replace(facts, perceptual_hash=last))
    assert nearest is not None
    assert nearest.path == "last"


def test_only_so_many_candidates_are_opened(monkeypatch):
    opened = []
    monkeypatch.setattr(NearDuplicates, "_thumbnail", lambda self, path: opened.append(path))
    facts, near = facts_of(1), NearDuplicates()
    for n in range(3 * MAX_CANDIDATES):
        near.add(facts.perceptual_hash, Seen(str(n), "pool", ""))
    assert near.find(facts) is None
    assert opened == [str(n) for n in range(MAX_CANDIDATES)]


def test_sides_of_groups_are_what_a_dictionary_says_through_every_merge(monkeypatch):
    monkeypatch.setattr(split, "_MERGE_AT", 7)
    rng = np.random.default_rng(3)
    compact, plain = SplitOfGroups(), {}
    for _ in range(400):
        group = f"group {rng.integers(150)}"
        assert compact.get(group) == plain.get(group)
        if group not in plain:
            plain[group] = str(rng.choice(["pool", "eval"]))
            compact.put(group, plain[group])
    assert {group: compact.get(group) for group in plain} == plain
    assert compact.get("never seen") is None
