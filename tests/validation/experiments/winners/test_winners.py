"""Who decides: pairs, leaders on the way, weights that are changed, and methods that are what they say."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble
from sim.metrics import leading_slots, winner_kept
from theory import Autoencoder
from validation.experiments.findings import Findings
from validation.experiments.winners import courses, intervention, provenance, scrambling

MODEL = Autoencoder(8, 12, 0.02)


def test_flows_are_those_of_ensembles_in_any_block():
    run = ensemble(MODEL, 4, seed=3)
    course = courses.flow(MODEL, courses.drawn(MODEL, 3, block=1, instances=2))
    np.testing.assert_allclose(course.initial, run.initial[2:])
    np.testing.assert_allclose(course.final, run.final[2:])
    assert course.leaders.shape == (2, len(course.at), 8)
    np.testing.assert_array_equal(course.leaders[:, 0], leading_slots(course.initial))
    np.testing.assert_array_equal(course.leaders[:, -1], leading_slots(course.final))


def test_pairs_are_of_both_slots_of_a_neuron():
    first, second = provenance._paired(np.array([[4, 7, 5, 6, -2, -1], [0, 2, 4, 6, 8, 10]]))
    assert first.tolist() == [[True, False, False, True, False, False], [False] * 6]
    assert second[0, [0, 3]].tolist() == [2, 1]


def test_provenance_of_the_flow_is_that_of_its_ends():
    found = provenance.measure("flow", 0.02, 8, 12, 0, 6, seed=1)
    run = ensemble(MODEL, 6, seed=1)
    np.testing.assert_array_equal(found.pairs, run.polysemantic_neurons)
    kept = winner_kept(run.initial.values, run.final.values)
    np.testing.assert_allclose((found["rank"] == 1).mean("feature"), kept)
    np.testing.assert_array_equal(found.both.isel(look=-1), found.pairs)
    np.testing.assert_allclose(found.leading.isel(look=0), kept)
    assert (found.both <= found.pairs).all()


def test_features_are_decided_at_the_first_look_after_their_last_change(monkeypatch):
    leaders = np.array([[[0, 2], [4, 2], [0, 2], [0, 2]]])
    final = np.array([[[0.9, 0.0, 0.0], [0.0, 0.9, 0.0]]])
    course = courses.Course(final, final, leaders, np.array([0.0, 1.0, 2.0, 3.0]))
    monkeypatch.setattr(courses, "flow", lambda *_: course)
    found = provenance.measure("flow", 0.02, 2, 3, 0, 1, seed=0)
    assert found.decided.values.tolist() == [[2.0, 0.0]]
    assert found.leading.values.tolist() == [[1.0, 0.5, 1.0, 1.0]]


def test_changed_weights_lead_where_they_were_put():
    weights = Autoencoder(16, 20, 0.01).initial(np.random.default_rng(2))
    before = weights.copy()
    aims = intervention._intervene(weights, np.random.default_rng(7))
    np.testing.assert_array_equal(aims, leading_slots(weights))
    np.testing.assert_array_equal(weights[:4], before[:4])
    for rows in (slice(4, 8), slice(12, 16)):  # sizes change places
        np.testing.assert_allclose(np.sort(np.abs(weights[rows])), np.sort(np.abs(before[rows])))
    raised, second = np.sort(np.abs(weights[8:12]), axis=-1)[:, :-3:-1].T
    assert (raised - second).round(4).tolist() == pytest.approx(
        [over * before.std() for over in intervention.RAISES], rel=0.05, abs=1e-4
    )
    assert (aims[12::2] ^ 1 == aims[13::2]).all()


def test_variants_of_adamw_are_what_they_are_called():
    model = Autoencoder(64, 256, courses.PAPER)
    assert intervention.plan("adamw, memory 10", model).optimizer.second == pytest.approx(0.9)
    assert intervention.plan("adamw, rate 0.003", model).rate == 0.003
    warm = intervention.plan("adamw, warm-up", model)
    assert [warm.schedule.factor(k, warm.steps) for k in (0, 499, 999, 2000)] == pytest.approx(
        [1e-3, 0.5, 1, 1]
    )
    assert intervention.reach("adamw", model) == pytest.approx(16)
    assert intervention.reach("adamw, memory 10", model) == pytest.approx(0.16)
    assert intervention.reach("adamw, warm-up", model) is intervention.reach("gd", model) is None
    assert {at["method"] for at in intervention.settings(True)} == {*courses.NAMES, *intervention.VARIANTS}


@pytest.mark.slow
def test_the_largest_weight_decides_in_the_flow_and_under_gradient_descent_but_not_under_adamw():
    ends = {
        method: intervention.measure(method, l1, 64, 256, 0, 4, seed=5)
        for method, l1 in (("flow", courses.STRONG), ("gd", courses.STRONG), ("adamw", courses.PAPER))
    }
    top = {method: float(end.raised.sel({"raise": 2.0}).mean()) for method, end in ends.items()}
    assert top["flow"] > 0.8
    assert top["gd"] > 0.8
    assert top["adamw"] < 0.4


def test_scrambling_is_looked_at_at_shares_of_what_interference_lasts():
    part = scrambling.measure(16, 64, 2e-3, 3, seed=0).assign_coords(n=16, m=64, rate=2e-3)
    looks = scrambling._looks(part)
    assert looks == sorted(set(looks))
    assert looks[-1] == float(part.step[-1])
    assert (part.kept.isel(step=0) == 1).all()
    found = Findings(
        scrambling.EXPERIMENTS[0],
        part.expand_dims("setting").assign_coords(
            {k: ("setting", [part[k].item()]) for k in ("n", "m", "rate")}
        ),
    )
    assert [row["step"] for row in found["kept"]] == looks
    assert "theory" in found.said(scrambling.EXPERIMENTS[0].answer)
    assert isinstance(found.result, xr.Dataset)
