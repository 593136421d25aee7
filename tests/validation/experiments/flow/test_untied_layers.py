import numpy as np

from validation.experiments.flow import untied_layers


def test_l1_makes_layers_alike_and_nothing_does_without(monkeypatch):
    monkeypatch.setattr(untied_layers, "TIMES", (0.0, 10.0, 120.0))
    setting = {"scale": 1.0, "n": 4, "m": 6, "l1": 0.03, "replicates": 3}
    for source in ("simulation", "training"):
        free, l1 = (untied_layers.measure(source, penalty, **setting, seed=0) for penalty in ("none", "l1"))
        np.testing.assert_allclose(free.balance, 1, atol=0.1)
        assert (l1.apart.isel(time=-1) < 0.2).all()
        assert (free.apart.isel(time=-1) > 0.3).all()


def test_orthogonal_inputs_make_no_difference_to_gradient_descent():
    found = untied_layers.turned(3, 4, "gd", 0.01, 2, seed=0)
    assert (found.off < 1e-8).all()
