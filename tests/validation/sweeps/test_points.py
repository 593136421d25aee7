"""Points of a sweep: their order, how they are joined, and seeds that depend on coordinates alone."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from validation.sweeps.points import key, points, seed_of

POINT = {"n": 8, "l1": 0.001, "kind": "plain"}


def test_seeds_stay_what_they_are():
    """Pinned: else no store could be gone on with, and no result traced to its seed."""
    assert [seed_of(0, POINT, k) for k in range(3)] == PINNED
    assert all(0 <= seed_of(s, POINT, k) < 2**63 for s in (0, 2**70) for k in range(50))


PINNED = [8305731200169763279, 6069020582636573689, 7702997845218116806]


def test_a_seed_depends_on_the_coordinates_alone():
    base = seed_of(3, POINT, 1)
    for same in (
        dict(reversed(POINT.items())),
        POINT | {"n": 8.0},
        points([POINT | {"n": np.float32(8)}]).at((0,)),
        points([POINT | {"n": np.int16(8)}]).at((0,)),
        points({name: np.array([value]) for name, value in POINT.items()}).at((0, 0, 0)),
        points({"kind": ["b", "plain"], "l1": [1, 0.001], "n": range(20)}).at((1, 1, 8)),
    ):
        assert seed_of(3, same, 1) == base
    others = [POINT | change for change in ({"n": 9}, {"l1": 0.002}, {"kind": "Plain"}, {"n": -8})]
    seeds = {seed_of(3, point, 1) for point in others} | {seed_of(3, POINT, 2), seed_of(4, POINT, 1), base}
    assert len(seeds) == len(others) + 3


def test_what_tells_points_apart():
    assert key({"n": 1}) == key({"n": 1.0}) != key({"n": True})
    assert key({"n": 0.0}) == key({"n": -0.0})
    assert key({"n": "1"}) != key({"n": 1})


def test_grid():
    grid = points({"n": [1, 2], "l1": (0.1, 0.2, 0.3)})
    assert (grid.dims, grid.shape, grid.size) == (("n", "l1"), (2, 3), 6)
    assert list(grid)[:4] == [
        {"n": 1, "l1": 0.1},
        {"n": 1, "l1": 0.2},
        {"n": 1, "l1": 0.3},
        {"n": 2, "l1": 0.1},
    ]
    assert grid.at((1, 2)) == {"n": 2, "l1": 0.3}
    assert grid.coords()["l1"].values.tolist() == [0.1, 0.2, 0.3]


def test_list():
    listed = points([{"n": 1, "l1": 0.1}, {"l1": 0.2, "n": 5}])
    assert (listed.dims, listed.shape, listed.size) == (("setting",), (2,), 2)
    assert list(listed) == [listed.at((0,)), listed.at((1,))] == [{"n": 1, "l1": 0.1}, {"n": 5, "l1": 0.2}]
    assert listed.coords()["n"].dims == ("setting",)


def test_joined_grids_keep_their_places():
    grid = points({"n": [1, 3], "l1": [0.2]})
    wider = points({"l1": [0.1, 0.2, 0.3], "n": [1, 2, 3.0]})
    both = grid.joined(wider)
    assert both.axes == {"n": [1, 3, 2], "l1": [0.2, 0.1, 0.3]}
    assert both.places(grid) == [[0, 1], [0]]
    assert both.places(wider) == [[0, 2, 1], [1, 0, 2]]
    assert [both.at((i, j)) for i in both.places(wider)[0] for j in both.places(wider)[1]] == [
        {"n": n, "l1": l1} for n in (1, 2, 3) for l1 in (0.1, 0.2, 0.3)
    ]


def test_joined_lists_keep_their_places():
    listed = points([{"n": 1, "k": 5}, {"n": 3, "k": 5}])
    both = listed.joined(points([{"k": 6, "n": 1}, {"k": 5.0, "n": 3.0}]))
    assert list(both) == [{"n": 1, "k": 5}, {"n": 3, "k": 5}, {"n": 1, "k": 6}]
    assert both.places(points([{"n": 1, "k": 6}, {"n": 1, "k": 5}])) == [[2, 0]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"n": [1]}, {"m": [1]}),
        ({"n": [1]}, {"n": [1], "m": [1]}),
        ({"n": [1]}, [{"n": 1}]),
        ({"n": [1]}, {"n": ["1"]}),
        ({"n": [1, 0]}, {"n": [True, False]}),
        ([{"n": 1}], [{"n": True}]),
    ],
)
def test_what_cannot_be_joined(one, other):
    with pytest.raises((ValueError, TypeError), match=r"^grid must[^\n]*$"):
        points(one).joined(points(other))


@pytest.mark.parametrize(
    "grid",
    [
        {},
        [],
        "n",
        None,
        {"n": []},
        {"n": 3},
        {"n": "abc"},
        {"n": [1, 1.0]},
        {"n": [1, "a"]},
        {"n": [True, 0]},
        {"n": [None]},
        {"n": [float("nan")]},
        {"n": [2**63]},
        {"n": [float("inf")]},
        {"n": [1j]},
        {"n": [[1, 2]]},
        {"replicate": [1]},
        {"seed": [1]},
        {"no name": [1]},
        {1: [1]},
        [{"n": 1}, {"m": 1}],
        [{"n": 1}, {"n": 1.0}],
        [{}],
        [1],
    ],
    ids=str,
)
def test_what_is_no_grid(grid):
    with pytest.raises((ValueError, TypeError), match=r"^grid must[^\n]*$"):
        points(grid)


values = st.lists(
    st.one_of(st.integers(-(2**60), 2**60), st.floats(-1e9, 1e9)), min_size=1, max_size=4, unique=True
)


@given(st.dictionaries(st.sampled_from(["n", "m", "l1"]), values, min_size=1), st.data())
def test_any_grid_is_found_again_in_any_wider_one(axes, data):
    wider = {name: data.draw(st.permutations([*some, 0.5**70])) for name, some in axes.items()}
    grid = points(axes)
    both = points(wider).joined(grid)
    found = np.meshgrid(*both.places(grid), indexing="ij")
    indices = zip(*(places.ravel().tolist() for places in found), strict=True)
    assert [key(both.at(index)) for index in indices] == [key(point) for point in grid]
