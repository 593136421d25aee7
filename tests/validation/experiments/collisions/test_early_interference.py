"""Cosines and pairs by time, and what is predicted of them."""

import numpy as np
import pytest

from theory import collisions
from validation.experiments.collisions.early_interference import EXPERIMENTS, FAST, TIMES, _seen, measure
from validation.experiments.collisions.quarter_constant import measure as of_constant
from validation.experiments.findings import Findings
from validation.experiments.running import checked


def test_what_is_seen_by_hand():
    weights = np.array([[3.0, 0.0, 4.0], [0.0, 0.0, -2.0], [0.0, 1.0, 2.0]])
    cosine, benign, malign, active = _seen(weights)
    products = -4 / 5, 8 / 5 / 5**0.5, -2 / 5**0.5
    start = 3 * 2 / (4 * 3)
    assert cosine == pytest.approx(np.mean(products) * 3**0.5)
    assert (benign, malign) == (2 / start, 1 / start)
    assert active == pytest.approx(5 / 3)


def test_pairs_are_those_that_the_constant_counts():  # steps end elsewhere: a pair or two may differ
    ours, theirs = measure(8, 16, 1.0, 0.01, 40, seed=2), of_constant(8, 16, 0.01, 40, seed=2)
    start = 8 * 7 / (4 * 16)
    assert float(ours.benign.sel(time=FAST).mean()) * start == pytest.approx(
        float(theirs.fast.mean()), abs=0.1
    )
    law = collisions.polysemantic_neurons(8, 16).mean()
    assert float(ours.final.mean()) * law == pytest.approx(float(theirs.final.mean()), abs=0.1)
    assert (ours.active.isel(time=-1) < ours.active.isel(time=0)).all()


def test_only_pairs_at_the_early_time_are_predicted():
    data = checked(EXPERIMENTS[0], 0, False)
    rows = Findings(EXPERIMENTS[0], data)("benign")
    assert {row["time"] for row in rows if row.predicted is not None} == {FAST}
    assert len(rows) == data.sizes["setting"] * len(TIMES)
