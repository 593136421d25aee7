import numpy as np
import pytest
import xarray as xr

from sim import ensemble, polysemantic_neurons, simulate
from theory import Autoencoder, collisions

MODEL = Autoencoder(6, 12, 0.02)


def test_workers_do_not_change_the_result():
    one, three = (ensemble(MODEL, 7, seed=4, workers=w) for w in (1, 3))
    xr.testing.assert_identical(one, three)


def test_first_replicates_are_those_of_a_smaller_ensemble():
    few, many = ensemble(MODEL, 2, seed=4), ensemble(MODEL, 5, seed=4)
    np.testing.assert_array_equal(few.final, many.final[:2])


def test_replicate_is_a_simulation_with_its_child_seed():
    child = np.random.SeedSequence(4).spawn(3)[2]
    np.testing.assert_array_equal(ensemble(MODEL, 3, seed=4).final[2], simulate(MODEL, seed=child).final)


def test_statistics_are_those_of_the_encodings():
    result = ensemble(MODEL, 5, seed=0)
    np.testing.assert_array_equal(result.polysemantic_neurons, polysemantic_neurons(result.final.values))
    kept = np.abs(result.initial).argmax("neuron") == np.abs(result.final).argmax("neuron")
    alive = result.final.any("neuron")
    np.testing.assert_allclose(result.winner_kept, (kept & alive).mean("feature"))
    np.testing.assert_array_equal(result.dead_features, (~alive).sum("feature"))
    active = (result.final != 0).sum(("feature", "neuron"))
    np.testing.assert_array_equal(result.deaths - result.rebirths, 6 * 12 - active)
    assert np.isfinite(result.time_to_sparsity).all()


@pytest.mark.slow
def test_count_of_polysemantic_neurons_at_the_papers_load():
    """Over the exclusion law's mean: 0.812 ± 0.015 in 400 other runs (experiment quarter_constant)."""
    counts = ensemble(Autoencoder(64, 128, 1e-3), 100, seed=1).polysemantic_neurons
    ratio = counts / collisions.polysemantic_neurons(64, 128).mean()
    error = np.hypot(float(ratio.std(ddof=1)) / np.sqrt(100), 0.015)
    assert float(ratio.mean()) == pytest.approx(0.812, abs=3.4 * error)  # t, 99 degrees of freedom: 99.9 %


def test_interrupted_ensemble_keeps_what_is_finished(monkeypatch):
    import sim.replicates as module

    def interrupt(iterable, *_, **__):
        for number, item in enumerate(iterable):
            if number == 2:
                raise KeyboardInterrupt
            yield item

    monkeypatch.setattr(module, "track", interrupt)
    result = ensemble(MODEL, 6, seed=4, workers=1)
    assert result.sizes["replicate"] == 2
    assert result.attrs["interrupted"] == 1


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"replicates": 0}, "replicates"),
        ({"workers": 0}, "workers"),
        ({"seed": 1.5}, "seed"),
        ({"forces": ()}, "forces"),
    ],
)
def test_bad_input_is_named(options, named):
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        ensemble(**({"model": MODEL, "replicates": 2} | options))
