"""Fitted state as bytes: the same state the same bytes, and damage is never taken for a state."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from learning.core.artifacts import ArtifactError, pack, unpack
from learning.core.pairwise import model as pairwise_model
from learning.core.pairwise.model import PairwiseModel

ARRAYS = {"weights": np.arange(6.0).reshape(2, 3), "names": np.array(["ham", "spam"]), "flag": np.array([True])}
WHOLE = pack("demo@1", {"n": 2, "name": "é"}, ARRAYS)


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and np.array_equal(one[name], other[name]) for name in one
    )


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        arrays_of.arrays(
            st.sampled_from([np.float64, np.float32, np.int64, np.bool_, np.dtype("U5")]),
            arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4),
        ),
        max_size=4,
    )
)
def test_what_was_packed_comes_back_with_shapes_and_types(arrays):
    data = pack("demo@1", {"n": 3}, arrays)
    header, back = unpack("demo@1", data)
    assert header == {"format": "demo@1", "n": 3}
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (back[name].dtype, back[name].shape) == (array.dtype, array.shape)
        assert back[name].tobytes() == np.ascontiguousarray(array).tobytes()
    assert pack("demo@1", {"n": 3}, dict(reversed(arrays.items()))) == data, "whatever order they were named in"


def test_no_state_is_packed_that_would_need_a_pickle():
    with pytest.raises(ValueError, match="Object arrays"):
        pack("demo@1", {}, {"rows": np.array([{"a": 1}], dtype=object)})


def test_an_array_that_hides_a_pickle_is_not_loaded():
    target, hidden = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(hidden, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert pickle.dumps({"a": 1})[:2] in hidden.getvalue()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("header.json", '{"format": "demo@1"}')
        archive.writestr("rows.npy", hidden.getvalue())
    with pytest.raises(ArtifactError):
        unpack("demo@1", target.getvalue())


def test_another_format_and_another_version_are_refused_by_name():
    for other in ("demo@2", "learner/logistic@1"):
        with pytest.raises(ArtifactError, match=f"expected {other}, found demo@1"):
            unpack(other, WHOLE)


def test_a_header_that_is_no_object_is_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("header.json", "[1]")
    with pytest.raises(ArtifactError):
        unpack("demo@1", target.getvalue())


def test_a_file_cut_anywhere_is_refused():
    for length in range(0, len(WHOLE), 7):
        with pytest.raises(ArtifactError):
            unpack("demo@1", WHOLE[:length])


def test_a_byte_changed_anywhere_is_refused_or_changes_nothing():
    """Much of a zip is said twice; what is left of it after damage must be the whole, or an error of ours."""
    for place in range(len(WHOLE)):
        for flipped in (0x01, 0x80, 0xFF):
            damaged = bytearray(WHOLE)
            damaged[place] ^= flipped
            try:
                header, arrays = unpack("demo@1", bytes(damaged))
            except ArtifactError:
                continue
            assert header == {"format": "demo@1", "n": 2, "name": "é"}, place
            assert same(arrays, ARRAYS), place


MODEL = PairwiseModel(
    ordinals=np.array([0, 2, 5]), scores=np.array([0.5, -0.25, -0.25]), errors=np.array([0.1, 0.2, 0.3]),
    prior_mean=np.zeros(3), prior_precision=np.ones(3), reliability=np.array([1.0, 0.8]), position=0.07, log_nu=-1.5,
    ranker={"weights": np.array([1.0, 2.0])},
)  # fmt: skip


def test_the_model_of_a_pairwise_project_comes_back_as_it_was():
    back = pairwise_model.load(MODEL.dump())
    for name in ("ordinals", "scores", "errors", "prior_mean", "prior_precision", "reliability"):
        np.testing.assert_array_equal(getattr(back, name), getattr(MODEL, name))
    assert (back.position, back.log_nu) == (0.07, -1.5)
    assert same(back.ranker, MODEL.ranker)
    assert back.dump() == MODEL.dump()
    assert (back.strengths().position, back.prior().mean.tolist()) == (0.07, [0.0, 0.0, 0.0])


def test_a_pairwise_model_that_lacks_an_array_or_has_a_stranger_is_refused():
    _, arrays = unpack("pairwise/bradley-terry@1", MODEL.dump())
    for name in ("scores", "parameters", "prior_mean"):
        less = {one: array for one, array in arrays.items() if one != name}
        with pytest.raises(ArtifactError, match="not a pairwise model"):
            pairwise_model.load(pack("pairwise/bradley-terry@1", {}, less))
    for more in ({"stranger": np.zeros(1)}, {"parameters": np.zeros(3)}):
        with pytest.raises(ArtifactError, match="not a pairwise model"):
            pairwise_model.load(pack("pairwise/bradley-terry@1", {}, arrays | more))
