"""The explorer in a real browser."""

import threading

import numpy as np
import pytest

from sim import simulate
from sim.forces import feature_benefit, interference
from sim.metrics import features_on
from tests.browser import opened, violations
from theory import Autoencoder
from validation.explorer import page as pages, scenes
from validation.explorer.server import Explorer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

N, M, L1, SEED = 6, 12, 0.05, 4
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "page.html"
    path.write_text(pages.page([scenes.flow(N, M, L1, SEED), scenes.arrows(5, 0.0, 0)]))
    return path.as_uri()


@pytest.fixture(scope="module")
def run():
    times = np.append(0.0, np.geomspace(scenes.FIRST, scenes.LAST / L1, scenes.LOOKS - 1))
    return simulate(Autoencoder(N, M, L1), SEED, times=times, rtol=scenes.RTOL, save_weights=True)


def ready(page):
    page.wait_for_selector("body[data-ready=yes]")


def choose(page, **values):
    for name, value in values.items():
        page.locator(f"#{name}").fill(str(value))
        page.locator(f"#{name}").dispatch_event("change" if name != "look" else "input")


def number(page, name):
    return float(page.locator(f"#{name}").inner_text().replace("−", "-"))


def parts(weights, i, k):
    """Return the forces on a weight by the kernels of the integrators."""
    found = {}
    for name, kernel in (("benefit", feature_benefit.mismatch), ("interference", interference.mismatch)):
        M_, slope = np.zeros((2, len(weights), len(weights)))
        kernel(weights @ weights.T, M_, slope)
        found[name] = (M_ @ weights)[i, k]
    w, free = weights[i, k], sum(found.values())
    found["l1"] = -L1 * np.sign(w) if w else -np.clip(free, -L1, L1)
    return found | {"weight": w, "sum": free + found["l1"]}


@pytest.mark.parametrize("look", [0, 60, 130, 199])
def test_values_on_the_screen_are_those_of_the_run(written, run, look):
    with opened(written, viewport=WIDE) as page:
        ready(page)
        for feature, neuron in ((0, 3), (5, 7)):
            choose(page, feature=feature, neuron=neuron, look=look)
            for name, value in parts(run.weights.values[look], feature, neuron).items():
                assert number(page, name) == pytest.approx(value, abs=2e-3), name
        polysemantic = int((features_on(run.weights.values[look]) > 1).sum())
        assert f"{polysemantic} polysemantic neuron" in page.locator("#now").inner_text()


def picture(page, name):
    return page.locator(f"#{name}").evaluate("canvas => canvas.toDataURL()")


def test_time_and_choices_change_the_pictures(written):
    with opened(written, viewport=WIDE) as page:
        ready(page)
        canvases = ("map", "race", "collisions", "forces", "active", "norms", "counts")
        choose(page, look=10)
        before = {name: picture(page, name) for name in canvases}
        page.locator("#look").press("ArrowRight")
        assert all(picture(page, name) != before[name] for name in canvases)
        assert page.locator("#look").input_value() == "11"
        choose(page, feature=1, neuron=2)
        before = picture(page, "race")
        page.locator("#map").click(position={"x": 300, "y": 40})
        assert page.locator("#feature").input_value() == "0"
        assert picture(page, "race") != before


def test_superposition_is_drawn_as_arrows(written):
    with opened(written, viewport=WIDE) as page:
        ready(page)
        page.locator("#run").select_option(index=1)
        page.wait_for_selector("#plane", state="visible")
        before = picture(page, "plane")
        choose(page, look=0)
        assert picture(page, "plane") != before
        assert "the best polygon, 5 corners" in page.locator("#loss-legend").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing(written, tmp_path, scheme, viewport):
    with opened(written, viewport=viewport, color_scheme=scheme) as page:
        ready(page)
        for index in (0, 1):
            page.locator("#run").select_option(index=index)
            page.wait_for_timeout(200)
            assert violations(page) == {}
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("wish", "plays"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_where_the_system_asks_for_none(written, wish, plays):
    with opened(written, viewport=WIDE, reduced_motion=wish) as page:
        ready(page)
        assert page.locator("#play").is_visible() == plays


def test_served_settings_are_simulated():
    with Explorer([scenes.flow(N, M, L1, SEED)]) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with opened(server.address, viewport=WIDE) as page:
                ready(page)
                page.locator("#settings [name=n]").fill("3")
                page.locator("#settings [name=m]").fill("7")
                page.get_by_role("button", name="Simulate").click()
                page.locator("#run option").nth(1).wait_for(state="attached")
                ready(page)
                assert page.locator("#feature").get_attribute("max") == "2"
                assert "n = 3 features, m = 7 neurons" in page.locator("#run option").nth(1).inner_text()
        finally:
            server.shutdown()
            thread.join()
