"""Correlated and anti-correlated features: how often the two of a pair share a neuron."""

from functools import partial

import numpy as np
import xarray as xr

from theory import Autoencoder
from validation.experiments.co_occurrence.sparse_inputs import END, relative, train_rare, undecided
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.report.statistics import Estimate, mean, share

LARGE = 0.5  # size, relative to that of usual winners, from which on a weight counts
KINDS = {
    "independent": "on independently",
    "correlated": "always on together",
    "anticorrelated": "never on together",
}
SIGNS = {"opposite": "opposite signs", "same": "the same sign"}
SHARE = "share of pairs on one neuron"
P = (0.01, 0.03, 0.1), (0.003, 0.01, 0.03, 0.1, 0.2)


def measure(inputs: str, n: int, m: int, l1: float, p: float, replicates: int, seed: int) -> xr.Dataset:
    """Train networks on features that come in pairs, each feature on with probability p.

    The two of a pair are on independently, always together, or never; different pairs are independent. Two
    features share a neuron if both have a weight on it larger than half the usual winner (the median over
    features of the largest weight), with opposite signs (benign) or the same sign; weights between 0.2 and
    0.8 of it have neither won nor lost and are counted as undecided. λ and times are per occurrence of a
    feature; training ends at λt = 8.
    """
    final = relative(train_rare(Autoencoder(n, m, l1), inputs, p, END / l1, replicates, seed).final)
    counts = {"undecided": undecided(final)}
    for signs, sharing in _sharing(final).items():
        of_pairs = sharing[:, np.arange(0, n, 2), np.arange(1, n, 2)].sum(axis=1)
        counts |= {f"{signs}_pairs": of_pairs, f"{signs}_others": sharing.sum(axis=(1, 2)) // 2 - of_pairs}
    return xr.Dataset({name: ("replicate", count.astype(np.int16)) for name, count in counts.items()})


def _sharing(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return which two features share a neuron, by signs: (replicate, feature, feature), symmetric."""
    strong = np.sign(weights) * (np.abs(weights) > LARGE)
    products = strong[:, :, None] * strong[:, None]
    apart = ~np.eye(weights.shape[1], dtype=bool)
    return {"opposite": (products < 0).any(axis=-1), "same": apart & (products > 0).any(axis=-1)}


def _number(part: xr.Dataset, who: str) -> int:
    """Return how many pairs of two features there are in a run: "pairs", or "others" of different pairs."""
    n = int(part.n)
    return n // 2 if who == "pairs" else n * (n - 2) // 2


def _share(part: xr.Dataset, level: float, signs: str, who: str) -> Estimate:
    counts = part[f"{signs}_{who}"]
    return share(int(counts.sum()), counts.size * _number(part, who), level)


def _excess(part: xr.Dataset, level: float, signs: str) -> Estimate:
    pairs, others = (part[f"{signs}_{who}"] / _number(part, who) for who in ("pairs", "others"))
    return mean(pairs - others, level)


def _answer(found: Findings) -> str:
    p = max(row.setting["p"] for row in found.rows)
    kinds = {"anticorrelated": "opposite", "correlated": "same"}
    said = [_told(found, signs, {"inputs": inputs, "p": p}) for inputs, signs in kinds.items()]
    return f"At p = {p:g}, {'; '.join(filter(None, said)) or 'only independent pairs were run'}."


def _told(found: Findings, signs: str, at: Setting) -> str:
    rows = [found(f"{signs}_{name}", **at) for name in ("pairs", "others", "excess")]
    if not all(rows):
        return ""
    pairs, others, excess = (row.estimate for (row,) in rows)
    above, below = excess.low > 0, excess.high < 0
    word = "more often than" if above else "less often than" if below else "not shown to differ from"
    said = f"two features {KINDS[str(at['inputs'])]} share a neuron, with {SIGNS[signs]}"
    return f"{said}, in {pairs:%} of cases, {word} two of different pairs ({others:%})"


def _meaning(found: Findings) -> str:
    control = [row.estimate for signs in SIGNS for row in found(f"{signs}_excess", inputs="independent")]
    off = sum(not one.low <= 0 <= one.high for one in control)
    benign = found("opposite_excess", inputs="anticorrelated")
    more = sum(row.estimate.low > 0 for row in benign)
    return (
        "Two features that are never on together have nothing to drive them off a neuron they share with "
        f"opposite signs, as others have: they share more often at {more} of {len(benign)} values of p. Two "
        "that are always on together are one feature with two outputs. Pairs on independently are the "
        f"control: they differ from others in {off} of {len(control)} comparisons."
    )


QUANTITIES = {
    f"{signs}_{name}": Quantity(f"{label}, {what}", partial(estimate, signs=signs))
    for signs, label in SIGNS.items()
    for name, what, estimate in (
        ("pairs", SHARE, partial(_share, who="pairs")),
        ("others", "of two of different pairs", partial(_share, who="others")),
        ("excess", "difference", _excess),
    )
}
EXPERIMENTS = (
    Experiment(
        "correlated_pairs",
        "Do features that are always, or never, on together share neurons more often than others?",
        "seed 001, comments; seed 002; inputs: arXiv:2209.10652",
        lambda full: grid(
            {"inputs": KINDS, "n, m": [(16, 16)], "l1": 0.02, "p": P[full], "replicates": (32, 200)[full]}
        ),
        measure,
        {**QUANTITIES, "undecided": Quantity("undecided weights a run", mean_of("undecided"))},
        tuple(
            Panel(f"{signs}_pairs", "p", ("inputs",), "x", title=f"with {label}", options={"ylabel": SHARE})
            for signs, label in SIGNS.items()
        ),
        _answer,
        _meaning,
        "Trained networks of one size, at one λ. Intervals of shares take the pairs of a run as separate "
        "trials; those of differences are from run to run, and of no width where all runs are the same.",
        KINDS,
    ),
)
