"""Bad files for ``polysem sweep``."""

import errno
import os
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from tests.bad_input.cases import Case, refused
from tests.bad_input.fuzzing import TRIED, examples
from theory.common.arguments import ArgumentError
from validation.sweeps import opening, plan

MODEL = "[model]\nn_neurons = 8\nl1 = 0.02\n"
GRID = "[grid]\nn_features = [2, 4]\n"
FLOW = "[source]\nkind = 'simulation'\n"
DESCENT = "[source]\nkind = 'training'\n"
GOOD = MODEL + GRID + FLOW
DEEP = "a = " + "[" * 5000 + "]" * 5000

FILES = (
    ("n_neurons", "file"),
    ("a = 1\na = 2", "file"),
    ("a = [1, 2", "file"),
    ("a = 'no end", "file"),
    ("[model\n", "file"),
    ("a = 1979-13-01", "file"),
    (f"a = {'9' * 5000}", "file"),
    (DEEP, "file"),
    (b"a = '\xff\xfe'", "file"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "file"),
)
TABLES = (
    ("", "source"),
    (MODEL + GRID, "source"),
    (MODEL + GRID + "[source]\nmethod = 'event'", "source"),
    (MODEL + GRID + "source = 'simulation'", "source"),  # it stands in the grid
    ("source = 'simulation'\n" + MODEL + GRID, "source"),
    ("model = 3\n" + GRID + FLOW, "model"),
    (MODEL + GRID + "[source]\nkind = 'simulatoin'", "source.kind"),
    (MODEL + GRID + "[source]\nkind = 3", "source.kind"),
    (MODEL + GRID + "[source]\nkind = ['simulation']", "source"),
    (GRID + FLOW, "model"),
    (MODEL + FLOW, "sweep"),
    (GOOD + "[[points]]\nn_features = 4", "sweep"),
    (GOOD + "[sample]\nnumber = 4\nn_features = {low = 1, high = 4, whole = true}", "sweep"),
    (GOOD + "[modle]\nl1 = 3", "sweep"),
    (MODEL + "[grid]\n" + FLOW, "grid"),
    (MODEL + "[[points]]\n" + FLOW, "points"),
    ("points = []\n" + MODEL + FLOW, "points"),
    ("points = [[2], [4]]\n" + MODEL + FLOW, "points"),
    ("[points]\nn_features = [2, 4]\n" + MODEL + FLOW, "points"),
    ("[[grid]]\nn_features = [2, 4]\n" + MODEL + FLOW, "grid"),
    (GOOD + "[model.inner]\nl1 = 3", "model"),
    (GOOD + "rtol = 1979-05-27", "source.rtol"),
)
NAMES = (
    (GOOD + "metod = 'event'", "source"),
    (GOOD + "steps = 10", "source"),
    (GOOD + "seed = 3", "source"),
    (GOOD + "until = 3", "source"),
    (MODEL + "n_feature = 4\n" + "[grid]\nl1 = [1e-2]\n" + FLOW, "model"),
    (MODEL + "[grid]\nn_feature = [2, 4]\n" + FLOW, "grid"),
    (MODEL + "[grid]\n'two words' = [2, 4]\n" + FLOW, "grid"),
    (MODEL + '[grid]\n"a\\nline" = [2, 4]\n' + FLOW, "grid"),
    (MODEL + f"[grid]\n{'n' * 5000} = [2, 4]\n" + FLOW, "grid"),
    (MODEL + "[grid]\nseed = [2, 4]\n" + FLOW, "grid"),
    (MODEL + "[grid]\nreplicate = [2, 4]\n" + FLOW, "grid"),
    (GOOD.replace("[grid]", "[grid]\nl1 = [0.1]"), "grid"),
    (GOOD.replace("[model]", "[model]\nl1_train = 0.1"), "model.l1"),
    (MODEL.replace("l1 = 0.02", "") + GRID + FLOW, "model.l1"),
    (MODEL + "[grid]\nmethod = ['event', 'euler']\n" + FLOW, "model"),
)
VALUES = (
    (GOOD.replace("[2, 4]", "[]"), "grid"),
    (GOOD.replace("[2, 4]", "4"), "grid"),
    (GOOD.replace("[2, 4]", "'2, 4'"), "grid"),
    (GOOD.replace("[2, 4]", "[2, 'four']"), "grid"),
    (GOOD.replace("[2, 4]", "[2, true]"), "grid"),
    (GOOD.replace("[2, 4]", "[[2], [4]]"), "grid"),
    (GOOD.replace("[2, 4]", "[2, 2]"), "grid"),
    (GOOD.replace("[2, 4]", "['two']"), "grid.n_features"),
    (GOOD.replace("[2, 4]", "[true, false]"), "grid.n_features"),
    (GOOD.replace("[2, 4]", "[2, 0]"), "grid.n_features"),
    (GOOD.replace("[2, 4]", "[2, -4]"), "grid.n_features"),
    (GOOD.replace("[2, 4]", "[2.5, 4]"), "grid.n_features"),
    (GOOD.replace("[2, 4]", "[2, 1_000_000_000_000]"), "grid.n_features"),
    (GOOD.replace("[2, 4]", f"[2, {10**30}]"), "grid.n_features"),
    (GOOD.replace("[2, 4]", f"[2, 0x{'f' * 5000}]"), "grid.n_features"),
    (GOOD.replace("[2, 4]", "[2, nan]"), "grid.n_features"),
    (GOOD.replace("n_neurons = 8", "n_neurons = -8"), "model.n_neurons"),
    (GOOD.replace("n_neurons = 8", "n_neurons = '8'"), "model.n_neurons"),
    (GOOD.replace("n_neurons = 8", "n_neurons = {a = 1}"), "model"),
    (GOOD.replace("l1 = 0.02", "l1 = nan"), "model.l1"),
    (GOOD.replace("l1 = 0.02", "l1 = -inf"), "model.l1"),
    (GOOD.replace("l1 = 0.02", "l1 = 1e999"), "model.l1"),
    (GOOD.replace("l1 = 0.02", "l1 = -0.02"), "model.l1"),
    (GOOD.replace("l1 = 0.02", "l1 = true"), "model.l1"),
    (GOOD.replace("l1 = 0.02", "l1 = 0"), "source.forces"),
    (GOOD.replace("l1 = 0.02", "l1 = 0.02\ninit_std = 0"), "model.init_std"),
    (GOOD.replace("l1 = 0.02", "l1_train = 'small'"), "model.l1_train"),
    (GOOD + "method = 'leap'", "source.method"),
    (GOOD + "method = 3", "source.method"),
    (GOOD + "forces = 'magic'", "source.forces"),
    (GOOD + "forces = ['l1']", "source"),
    (GOOD + "forces = 3", "source.forces"),
    (GOOD + "forces = 'feature_benefit'", "source.forces"),
    (GOOD + "rtol = 0", "source.rtol"),
    (GOOD + "rtol = 'fine'", "source.rtol"),
    (MODEL + GRID + DESCENT + "optimizer = 'sgd'", "source.optimizer"),
    (MODEL + GRID + DESCENT + "optimizer = 3", "source.optimizer"),
    (MODEL + GRID + DESCENT + "optimizer = 'momentum:mass=3'", "source.optimizer setting"),
    (MODEL + GRID + DESCENT + "steps = 0", "source.steps"),
    (MODEL + GRID + DESCENT + "steps = 10.5", "source.steps"),
    (MODEL + GRID + DESCENT + "learning_rate = -1", "source.learning_rate"),
    (MODEL + GRID + DESCENT + "inputs = 'independent'", "source.inputs"),
    (MODEL + GRID + DESCENT + "inputs = 'independent:p=2'", "source.inputs p"),
    (MODEL + GRID + DESCENT + "inputs = 'independent:p=0.1,batch=1000000000000'", "source.inputs"),
    (
        MODEL + "[grid]\nn_features = [2, 3]\n" + DESCENT + "inputs = 'correlated:p=0.1'",
        "grid.n_features",
    ),
    (MODEL + GRID + DESCENT + "l1_on = 'activations'\nl1_step = 'proximal'", "source.l1_step"),
    (MODEL + GRID + DESCENT + "dtype = 'float16'", "source.dtype"),
    (MODEL + GRID + DESCENT + "replicates = 3", "source"),
    (MODEL + GRID + DESCENT + "checkpoint = 'run'", "source"),
    (MODEL + "[grid]\nn_features = [2]\nlearning_rate = [0.1, 0.0]\n" + DESCENT, "grid.learning_rate"),
    (MODEL + f"[grid]\nn_features = {[*range(1, 2000)]}\nrtol = {[*range(1, 2000)]}\n" + FLOW, "grid"),
    (MODEL + "[[points]]\nn_features = 2\n[[points]]\nn_features = 2\n" + FLOW, "points"),
    (MODEL + "[[points]]\nn_features = 2\n[[points]]\nrtol = 0.1\n" + FLOW, "points"),
    (MODEL + "[[points]]\nn_features = 2\n[[points]]\nn_features = 0\n" + FLOW, "points.n_features"),
    (MODEL + "[[points]]\nn_features = [2, 4]\n" + FLOW, "points"),
)
SAMPLE = "[sample]\nnumber = 4\nseed = 0\nn_features = {low = 1, high = 8, whole = true}\n"
SAMPLES = (
    (MODEL + SAMPLE.replace("number = 4\n", "") + FLOW, "sample"),
    (MODEL + SAMPLE.replace("number = 4", "number = 0") + FLOW, "sample.number"),
    (MODEL + SAMPLE.replace("number = 4", "number = 2.5") + FLOW, "sample.number"),
    (MODEL + SAMPLE.replace("number = 4", "number = 10_000_000_000") + FLOW, "sample.number"),
    (MODEL + SAMPLE.replace("seed = 0", "seed = -1") + FLOW, "sample.seed"),
    (MODEL + SAMPLE.replace("low = 1", "low = 9") + FLOW, "sample.n_features"),
    (MODEL + SAMPLE.replace("low = 1", "low = 0, log = true") + FLOW, "sample.n_features"),
    (MODEL + SAMPLE.replace("low = 1", "low = 'one'") + FLOW, "sample.n_features low"),
    (MODEL + SAMPLE.replace("low = 1", "low = nan") + FLOW, "sample.n_features"),
    (MODEL + SAMPLE.replace("low = 1, ", "") + FLOW, "sample.n_features"),
    (MODEL + SAMPLE.replace("whole = true", "whole = 1") + FLOW, "sample.n_features"),
    (MODEL + SAMPLE.replace("whole", "hole") + FLOW, "sample.n_features"),
    (MODEL + SAMPLE.replace("{low = 1, high = 8, whole = true}", "[1, 8]") + FLOW, "sample.n_features"),
    (MODEL + SAMPLE.replace(", whole = true", "") + FLOW, "sample.n_features"),
    (MODEL + "[sample]\nnumber = 4\n" + FLOW, "sample"),
    (MODEL + SAMPLE + "n_feature = {low = 1, high = 8}\n" + FLOW, "sample"),
)
WHOLE = (
    ("replicates = 0\n" + GOOD, "replicates"),
    ("replicates = -3\n" + GOOD, "replicates"),
    ("replicates = 1.5\n" + GOOD, "replicates"),
    ("replicates = true\n" + GOOD, "replicates"),
    ("replicates = 'many'\n" + GOOD, "replicates"),
    (f"replicates = {10**10}\n" + GOOD, "replicates"),
    (f"replicates = {10**30}\n" + GOOD, "replicates"),
    ("replicate = 3\n" + GOOD, "sweep"),
    ("seed = -1\n" + GOOD, "seed"),
    ("seed = 0.5\n" + GOOD, "seed"),
    (f"seed = {2**70}\n" + GOOD, "seed"),
    ("store = 3\n" + GOOD, "store"),
    ("store = ''\n" + GOOD, "store"),
    ('store = "a\\u0000b"\n' + GOOD, "store"),
    (f"store = '{'n' * 5000}'\n" + GOOD, "store"),
    ("store = 'file'\n" + GOOD, "store"),
    ("store = 'folder'\n" + GOOD, "store"),
    ("store = 'file/inside'\n" + GOOD, "store"),
)


def planned(text):
    """Do what ``polysem sweep`` does with a file before anything runs."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sweep.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        made = plan.plan(plan.read(file))
    return opening.check(made.store or "new.zarr")


CASES = [
    Case(f"{name}-{k}", names, lambda text=text: planned(text))
    for name, table in {
        "file": FILES,
        "table": TABLES,
        "name": NAMES,
        "value": VALUES,
        "sample": SAMPLES,
        "whole": WHOLE,
    }.items()
    for k, (text, names) in enumerate(table)
]
CASES += [
    Case("no file", "file", lambda: plan.read("nothing.toml")),
    Case("folder", "file", lambda: plan.read(".")),
    Case("beneath a file", "file", lambda: plan.read("file/sweep.toml")),
    Case("too long a name", "file", lambda: plan.read("n" * 5000)),
]


@pytest.fixture
def things(empty_folder):
    """Put a file and a folder where a store would be."""
    Path("file").touch()
    Path("folder").mkdir()
    (Path("folder") / "of something").touch()


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.said)
def test_refused(case):
    refused(case)


def test_what_all_cases_are_made_of_is_good():
    for text in (GOOD, MODEL + GRID + DESCENT, MODEL + SAMPLE + FLOW):
        assert planned(text) == Path("new.zarr")


def test_syntax_error_is_found_by_its_line():
    with pytest.raises(ArgumentError, match="line 3"):
        planned("replicates = 3\n[model]\nn_neurons 8\n")


def test_near_name_is_suggested():
    with pytest.raises(ArgumentError, match="did you mean n_features"):
        planned(MODEL + "[grid]\nn_feature = [2, 4]\n" + FLOW)


def test_file_that_may_not_be_read(monkeypatch):
    def denied(_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "read_bytes", denied)  # root may read everything
    with pytest.raises(ArgumentError, match="permission denied"):
        plan.read("sweep.toml")


WORDS = st.sampled_from(["model", "grid", "points", "sample", "source", "kind", "l1", "n_features", "number"])
KEYS = WORDS | st.text(string.printable, max_size=5)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.datetimes()
)
NESTED = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
GIVEN = st.fixed_dictionaries(
    {"source": st.just({"kind": "simulation"}) | st.just({"kind": "training"}) | NESTED},
    optional={
        "model": st.dictionaries(st.sampled_from(["n_features", "n_neurons", "l1", "l1_train"]), NESTED),
        "grid": st.dictionaries(KEYS, st.lists(PLAIN, max_size=3), max_size=3) | NESTED,
        "points": st.lists(st.dictionaries(KEYS, PLAIN, max_size=2), max_size=3) | NESTED,
        "sample": st.dictionaries(KEYS, NESTED, max_size=3) | NESTED,
        "replicates": NESTED,
        "seed": NESTED,
        "store": NESTED,
    },
)


def one_line_or_none(call):
    line = ""
    try:
        call()
    except ArgumentError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
    TRIED["files of sweeps", bool(line)] += 1


@examples(300)
@given(GIVEN)
def test_whatever_a_file_says(content):
    one_line_or_none(lambda: plan.plan(content))


@examples(300)
@given(st.binary(max_size=60) | st.text(string.printable, max_size=60).map(str.encode))
def test_whatever_is_in_a_file(content):
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(content)
        file.flush()
        one_line_or_none(lambda: plan.plan(plan.read(file.name)))


LINES = st.sampled_from(
    [line for text in (GOOD, MODEL + SAMPLE + DESCENT, *(t for t, _ in WHOLE)) for line in text.splitlines()]
)


@examples(300)
@given(st.lists(LINES, max_size=12), st.integers(0, 400), st.characters(codec="utf-8"))
def test_lines_of_files_in_any_order_with_a_slip(lines, place, slip):
    text = "\n".join(lines)
    text = text[:place] + slip + text[place + 1 :]
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        one_line_or_none(lambda: plan.plan(plan.read(file.name)))
