import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from scipy import stats

from sim import simulate
from theory import Autoencoder
from theory.common import schema
from validation.report import plots
from validation.report.statistics import Estimate

TIMES = np.array([0.0, 1.0, 10.0])


@pytest.fixture
def ax():
    return plots.panels()[1][0, 0]


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_intervals_are_those_of_the_estimates(ax):
    estimates = [Estimate(2.0, 1.0, 4.0, ""), Estimate(3.0, 2.5, 3.5, "")]
    plots.intervals(ax, np.array([1, 2]), estimates)
    drawn = [segment[:, 1].tolist() for segment in ax.containers[0].lines[2][0].get_segments()]
    assert drawn == [[1.0, 4.0], [2.5, 3.5]]


def test_encodings_show_0_in_white(ax):
    plots.encodings(ax, np.array([[0.0, 0.5], [-1.0, 0.0]]))
    image = ax.get_images()[0]
    assert image.to_rgba(np.zeros((1, 1)))[0, 0, :3] == pytest.approx([0.97, 0.97, 0.97], abs=0.02)
    assert image.get_clim() == (-1, 1)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("neuron", "feature")


def test_encodings_mark_polysemantic_neurons(ax):
    plots.encodings(ax, np.array([[0.9, 0.0, 0.9], [-0.9, 0.9, 0.1]]))
    assert ax.get_lines()[0].get_xdata().tolist() == [0]


def test_encodings_that_have_all_died_can_be_drawn(ax):
    plots.encodings(ax, np.zeros((2, 3)))
    ax.figure.draw_without_rendering()


def test_quantiles_of_the_law_itself_lie_on_the_diagonal(ax):
    law = stats.expon()
    plots.quantiles(ax, law.ppf((np.arange(200) + 0.5) / 200), law)
    x, y = lines(ax)["simulated flow"].get_xydata().T
    np.testing.assert_allclose(x, y)


def test_quantile_band_holds_a_right_sample_and_not_a_wrong_one(ax):
    sample = stats.expon.rvs(size=400, random_state=0)
    assert inside_band(plots.quantiles(ax, sample, stats.expon()))
    assert not inside_band(plots.quantiles(plots.panels()[1][0, 0], 1.5 * sample, stats.expon()))


def inside_band(ax):
    x, y = lines(ax)["simulated flow"].get_xydata().T
    edge = ax.collections[0].get_paths()[0].vertices
    half = len(edge) // 2
    low, high = edge[1:half], edge[half + 1 : -1][::-1]
    return bool(np.all((np.interp(x, *low.T) <= y + 1e-9) & (y <= np.interp(x, *high.T) + 1e-9)))


def test_sources_have_colours_of_their_own():
    assert len({to_hex(colour) for colour in plots.COLOUR.values()}) == len(plots.COLOUR)


@pytest.mark.parametrize("replicates", [None, 3])
def test_result_of_a_saved_run(replicates, tmp_path):
    model = Autoencoder(2, 3, 0.1)
    rng = np.random.default_rng(0)
    lead = () if replicates is None else (replicates,)
    dims = () if replicates is None else ("replicate",)
    saved = schema.dataset(
        {
            "l1_norm": ((*dims, "time", "feature"), rng.uniform(1, 2, (*lead, 3, 2))),
            "l2_norm": ((*dims, "time", "feature"), rng.uniform(0, 1, (*lead, 3, 2))),
            "active": ((*dims, "time", "feature"), rng.integers(1, 4, (*lead, 3, 2))),
            "energy": ((*dims, "time"), rng.uniform(0, 1, (*lead, 3))),
            "initial": ((*dims, "feature", "neuron"), rng.normal(size=(*lead, 2, 3))),
            "final": ((*dims, "feature", "neuron"), rng.normal(size=(*lead, 2, 3))),
        },
        source="training",
        model=model,
        coords={"time": TIMES},
        seed=4,
    )
    figure = plots.result(saved)
    titles = [ax.get_title() for ax in figure.axes]
    assert {f"Encodings at the {when} (▼ polysemantic)" for when in ("start", "end")} < set(titles)
    assert "n = 2, m = 3, λ = 0.1, seed = 4" in figure.get_suptitle()
    assert ("replicate 1 of 3" in figure.get_suptitle()) == bool(replicates)
    assert plots.save(figure, tmp_path / "run.svg").read_text().startswith("<?xml")


def saved_run(**changed):
    result = simulate(Autoencoder(3, 6, 0.02), seed=2**70)
    return result.assign_attrs(changed)


def test_axes_are_known_by_their_names():
    maps = [
        [ax.images[0].get_array() for ax in plots.result(run).axes if ax.images]
        for run in (saved_run(), saved_run().transpose())
    ]
    np.testing.assert_array_equal(*maps)
    assert maps[0][0].shape == (3, 6)


def test_what_is_odd_in_a_file_is_told_in_one_line():
    run = saved_run()
    for odd, line in (
        (run.rename(neuron="other"), r"initial as finite numbers with axes \(feature, neuron\)"),
        (run.assign(final=run.final * np.nan), "final as finite numbers"),
        (run.assign(energy=run.energy.astype(str)), "energy as finite numbers"),
        (run.assign(active=run.active[0]), r"active as finite numbers with axes \(time, feature\)"),
        (run.drop_vars("time"), "got one without times"),
        (run.drop_vars("final"), "got one without final"),
        (saved_run(source="experiment"), "a result of simulate or train"),
    ):
        with pytest.raises(ValueError, match=f"^file must hold .*{line}"):
            plots.result(odd)
    assert f"seed = {2**70}" in plots.result(saved_run()).get_suptitle()


def test_other_files_are_refused():
    with pytest.raises(ValueError, match="file must hold a result of simulate or train"):
        plots.result(xr.Dataset({"active": ("time", TIMES)}))


def test_pictures_are_whole_or_not_there(tmp_path, monkeypatch):
    figure = plots.panels()[0]
    assert plots.save(figure, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert plots.save(figure, tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ValueError, match=r"out must end in \.png, \.svg, \.pdf"):
        plots.writable(tmp_path / "a.gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png"]
