"""Does `simulate(method="splitting")` find the same winners as "event", at a cost that λ does not change?

A winner is the same if the feature ends on the same neuron with the same sign.
"""

import numpy as np

from benchmarks.measuring import Row, check
from sim import simulate
from theory import Autoencoder

EVENT_RTOL = 1e-6  # of a step: a winner is decided by far more, and the default takes several times as long
CAREFUL_RTOL, CAREFUL_SEEDS = 3e-4, 5  # "splitting" itself is cheaper: so many times the seeds
L1S = (1e-3, 1e-4, 1e-5)
SMALL = Autoencoder(16, 64, 0.01)  # for the order
ORDER_RTOLS, ORDER_UNTIL = (0.003, 0.001, 0.0003, 0.0001, 0.00003), 20.0  # above these, iterations change too


def measure(
    n_features: int = 64, n_neurons: int = 256, l1s: tuple[float, ...] = L1S, seeds: int = 3
) -> list[Row]:
    """Compare winners at the first of `l1s`, and count right-hand sides at all of them."""
    model = Autoencoder(n_features, n_neurons, l1s[0])
    peers = (("event", EVENT_RTOL, seeds), ("splitting", CAREFUL_RTOL, CAREFUL_SEEDS * seeds))
    size = f"n = {n_features}, m = {n_neurons}"
    counts = [_right_hand_sides(Autoencoder(n_features, n_neurons, l1), seeds) for l1 in l1s]
    growth = counts[-1] / counts[0]
    work, errors = _work_and_errors()
    order = -np.polyfit(np.log(work), np.log(errors), 1)[0]
    return [
        *(_winners(model, *peer) for peer in peers),
        Row(f"right-hand sides to the final state, {size}, λ = " + ", ".join(f"{l1:g}" for l1 in l1s),
            ", ".join(f"{count:.0f}" for count in counts), "itself at other λ", f"{growth:.2f}", "< 1.5",
            growth < 1.5),
        Row(f"order, n = 16, m = 64, λ = 0.01, T = {ORDER_UNTIL:g}, rtol " +
            ", ".join(f"{rtol:g}" for rtol in ORDER_RTOLS),
            "errors " + ", ".join(f"{error:.1e}" for error in errors) +
            " with " + ", ".join(str(count) for count in work) + " right-hand sides", "event",
            f"order {order:.2f}", "2", bool(abs(order - 2) < 0.2)),
    ]  # fmt: skip


def _final(model: Autoencoder, seed: int, method: str, rtol: float | None = None) -> np.ndarray:
    run = simulate(model, seed, times=[0.0], method=method, rtol=rtol)
    check(run.attrs.get("time_to_sparsity") is not None, f"{method} has not come to the final state")
    return run["final"].values


def _winners(model: Autoencoder, method: str, rtol: float, seeds: int) -> Row:
    """Count the features that end on the same neuron with the same sign as by a more careful method."""
    pairs = ((_final(model, seed, method, rtol), _final(model, seed, "splitting")) for seed in range(seeds))
    same = np.concatenate([(np.sign(exact) == np.sign(fast)).all(axis=1) for exact, fast in pairs])
    return Row(
        f"winners, n = {model.n_features}, m = {model.n_neurons}, λ = {model.l1:g}, {seeds} seeds",
        f"{same.sum()} of {same.size}",
        f"{method} at rtol {rtol:g}",
        f"{same.mean():.2%} the same",
        "≥ 99.5 %",
        bool(same.mean() >= 0.995),
    )


def _right_hand_sides(model: Autoencoder, seeds: int) -> float:
    runs = [simulate(model, seed, times=[0.0]) for seed in range(seeds)]
    check(all(run.attrs.get("time_to_sparsity") is not None for run in runs), "no final state")
    return float(np.median([run.attrs["evaluations"] for run in runs]))


def _work_and_errors() -> tuple[list[int], list[float]]:
    """Return evaluations of the force and errors at a fixed time, root mean square over encodings."""
    exact = simulate(SMALL, times=[0.0], until=ORDER_UNTIL, method="event")["final"]
    runs = [simulate(SMALL, times=[0.0], until=ORDER_UNTIL, rtol=rtol) for rtol in ORDER_RTOLS]
    errors = [float(np.sqrt(((run["final"] - exact) ** 2).sum("neuron").mean())) for run in runs]
    return [run.attrs["evaluations"] for run in runs], errors
