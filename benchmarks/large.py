"""What do a thousand features on sixteen thousand neurons take, in time and memory?"""

from functools import partial

from benchmarks.measuring import Row, check, duration, peak_memory, timed
from sim import simulate
from theory import Autoencoder

MODEL = Autoencoder(1024, 16384, 2.5e-4)


def measure(model: Autoencoder = MODEL) -> list[Row]:
    """Run to the final state, once."""
    memory, (seconds, run) = peak_memory(partial(timed, partial(simulate, model, times=[0.0])))
    check(run.attrs.get("time_to_sparsity") is not None, "no final state")
    return [
        Row(
            f"n = {model.n_features}, m = {model.n_neurons}, λ = {model.l1:g}, 1 run",
            f"{duration(seconds)}, {memory / 1e9:.2f} GB, {run.attrs['evaluations']} right-hand sides",
            "",
            "",
            "< 10 min, < 4 GB",
            seconds < 600 and memory < 4e9,
        )
    ]
