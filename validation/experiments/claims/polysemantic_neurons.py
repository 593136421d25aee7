"""The number of polysemantic neurons at the paper's settings is that of the paper's plot.

Of the paper's experiment, which takes hours of training, this is all instances of the flow and one block of
trained ones, at those m where the plot was read: at the smallest two for training.
"""

from matplotlib.figure import Figure

from theory import collisions
from validation.experiments import experimenting
from validation.experiments import polysemantic_neurons as experiment
from validation.experiments.claim import Claim, Finding
from validation.experiments.experiment import Setting
from validation.report.statistics import mean

TRAINED = 512


def _chosen(setting: Setting) -> bool:
    m, block = int(setting["m"]), int(setting["block"])
    return m in experiment.PAPER and (setting["source"] == "simulation" or (block == 0 and m <= TRAINED))


def _measure(seed: int, full: bool) -> list[Finding]:
    run = experimenting.shared("polysemantic_neurons", seed, full, _chosen)
    n = int(run.n[0])
    findings = []
    for source in experiment.SOURCES:
        for row in experiment.counts(run, source):
            m = int(row.m)
            paper = experiment.read_off(n).get(m)
            predicted = collisions.paper_heuristic(n, m) if paper is None else paper
            of = "n²/(4m)" if paper is None else "read off the paper's plot"
            quantity = f"polysemantic neurons, n = {n}, m = {m}, against {of}"
            findings.append(Finding(source, quantity, predicted, mean(row.dropna("run"))))
    return findings


def _plot(seed: int, full: bool) -> Figure:
    return experiment.experiment.figure(experimenting.shared("polysemantic_neurons", seed, full, _chosen))


claim = Claim(
    "polysemantic_neurons",
    "At the paper's settings flow and training end with the numbers of polysemantic neurons of its plot.",
    "arXiv:2312.03096, polysemantic neurons against m",
    "rough",
    _measure,
    _plot,
    only_full=True,
)
