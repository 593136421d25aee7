import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from theory import Autoencoder, Dictionary
from theory.common import schema
from validation import train
from validation.training.dictionaries import sae_lens
from validation.training.dictionaries.data import Rows, source
from validation.training.dictionaries.encoding import decode, encode, explained_variance
from validation.training.dictionaries.kinds import CODERS, FIRST_THRESHOLD
from validation.training.dictionaries.network import Batches, Learner

STRENGTHS = {
    "l1": {"l1_coefficient": 0.2},
    "topk": {"k": 1},
    "batch_topk": {"k": 1},
    "gated": {"l1_coefficient": 0.2},
    "jumprelu": {"l0_coefficient": 0.02},
    "matryoshka": {"k": 1, "widths": (4, 12)},
}
SHORT = {"steps": 30, "batch": 64}


def sparse(rng, n, inputs=6):
    return (rng.random((n, inputs)) < 0.15) * rng.uniform(0.5, 1, (n, inputs))


DATA = sparse(np.random.default_rng(0), 2000)


@pytest.fixture(scope="module", params=CODERS)
def trained(request):
    kind = request.param
    return train(Dictionary(6, 12, kind, **STRENGTHS[kind]), data=DATA, steps=300, batch=256, replicates=2)


def test_says_what_it_has_learnt(trained):
    assert dict(trained.sizes) == {"replicate": 2, "input": 6, "latent": 12, "step": trained.sizes["step"]}
    np.testing.assert_allclose((trained.W_dec**2).sum("input"), 1, rtol=1e-5)
    assert (trained.explained_variance > 0.5).all()
    assert (trained.loss[:, -1] < trained.loss[:, 0]).all()
    assert trained.attrs["kind"] in CODERS


def test_a_trained_dictionary_can_be_used(trained):
    inputs = sparse(np.random.default_rng(1), 8192)
    latents = encode(trained, inputs, 1)
    np.testing.assert_allclose((latents > 0).sum(axis=1).mean(), trained.l0[1], rtol=0.05)
    got = explained_variance(inputs, decode(trained, latents, 1))
    np.testing.assert_allclose(got, trained.explained_variance[1], atol=0.02)
    alone = np.vstack([encode(trained, inputs[i : i + 1], 1) for i in range(50)])
    np.testing.assert_allclose(alone, latents[:50], atol=1e-12)  # it does not depend on other samples


def test_a_replicate_does_not_depend_on_how_many_there_are():
    model = Dictionary(6, 12, "topk", k=2)
    one, three = (train(model, data=DATA, replicates=n, seed=5, **SHORT) for n in (1, 3))
    for name in ("W_enc", "W_dec", "b_enc", "b_dec"):
        np.testing.assert_array_equal(one[name][0], three[name][0])
    assert not np.allclose(three.W_dec[0], three.W_dec[1])


@pytest.mark.parametrize("kind", ["l1", "batch_topk"])
def test_goes_on_from_a_checkpoint_to_the_last_bit(kind, tmp_path, monkeypatch):
    from validation.training import course

    model, file = Dictionary(6, 12, kind, **STRENGTHS[kind]), tmp_path / "run.safetensors"
    settings = {"data": DATA, "steps": 60, "batch": 64, "dead_after": 7, "replicates": 2}
    record, calls = course.Course.record, []

    def interrupted(self):
        calls.append(self)
        if len(calls) == 12:
            raise KeyboardInterrupt
        record(self)

    with monkeypatch.context() as patch:
        patch.setattr(course, "CHECKPOINT_SECONDS", 0.0)
        patch.setattr(course.Course, "record", interrupted)
        assert train(model, **settings, checkpoint=file).attrs["interrupted"] == 1
    assert train(model, **settings, checkpoint=file).identical(train(model, **settings))
    with pytest.raises(ValueError, match=r"^checkpoint must be of the same run"):
        train(model, **settings | {"data": DATA[1:]}, checkpoint=file)


def test_thresholds_move():
    """Trained as logarithms they would move by 1 + rate · steps at most, to 0.011."""
    run = train(
        Dictionary(6, 12, "jumprelu", l0_coefficient=0.1), data=DATA, steps=100, batch=256, learning_rate=1e-3
    )
    assert run.threshold.max() > 3 * FIRST_THRESHOLD
    assert run.threshold.min() >= 0


def learner(kind, replicates, dead_after=5, steps=100):
    batches = Batches(Rows(DATA), np.ones((replicates, 2), np.uint64), 0, 40)
    return Learner(Dictionary(6, 12, kind, **STRENGTHS[kind]), batches, steps, 0.0, dead_after)


def random_parameters(kind, replicates):
    rng = np.random.default_rng(2)
    decoder = rng.normal(size=(replicates, 12, 6))
    decoder /= np.linalg.norm(decoder, axis=-1, keepdims=True)
    encoder = decoder.transpose(0, 2, 1).copy()
    by_latent = {"b_enc": 0.1, "idle": 0.0, **CODERS[kind].extra}
    parameters = {"W_enc": encoder, "W_dec": decoder, "b_dec": np.zeros((replicates, 6))}
    return parameters | {name: np.full((replicates, 12), value) for name, value in by_latent.items()}


@pytest.mark.parametrize("kind", CODERS)
def test_gradients_of_the_decoder_are_along_the_sphere(kind):
    parameters = random_parameters(kind, 3)
    found = learner(kind, 3).gradients(parameters, 0)
    assert np.abs(found["W_dec"]).max() > 1e-3
    np.testing.assert_allclose((found["W_dec"] * parameters["W_dec"]).sum(axis=-1), 0, atol=1e-12)
    assert parameters["idle"].max() <= 1


@pytest.mark.parametrize("kind", CODERS)
@pytest.mark.parametrize(("step", "due"), [(10, True), (11, False), (95, False)])
def test_dead_latents_are_drawn_anew_towards_what_is_left(kind, step, due):
    parameters = random_parameters(kind, 2)
    parameters["idle"][1, 3:] = 7
    before = {name: array.copy() for name, array in parameters.items()}
    learner(kind, 2).constrain(parameters, step)
    np.testing.assert_allclose(np.linalg.norm(parameters["W_dec"], axis=-1), 1)
    changed = due and kind in ("l1", "gated", "jumprelu")
    for name, array in parameters.items():
        latents = array[1].T if name == "W_enc" else array[1]
        same = np.isclose(latents, (before[name][1].T if name == "W_enc" else before[name][1]))
        assert np.isclose(array[0], before[name][0]).all()
        if name in ("W_dec", "W_enc", "idle"):
            assert same[:3].all()
            assert same[3:].all() != changed
    if changed:
        cosines = (parameters["W_dec"][1, 3:] * parameters["W_enc"][1].T[3:]).sum(axis=-1)
        np.testing.assert_allclose(cosines, 0.2)  # of the mean length, 1, along the decoder
        assert (parameters["idle"] == 0).all()
        assert (parameters["b_enc"][1, 3:] == 0).all()


def test_explained_variance_is_on_the_scale_of_the_inputs():
    rng = np.random.default_rng(4)
    inputs = rng.normal(size=(500, 3)) * [10, 1, 0.1] + 100
    assert explained_variance(inputs, np.broadcast_to(inputs.mean(axis=0), inputs.shape)) == 0
    outputs = inputs + rng.normal(size=inputs.shape)
    np.testing.assert_allclose(explained_variance(inputs, outputs), 1 - 3 / 101, atol=0.01)
    np.testing.assert_allclose(
        explained_variance(7 * inputs - 5, 7 * outputs - 5), explained_variance(inputs, outputs)
    )


def test_data_may_be_a_function_or_a_trained_model():
    model = Dictionary(6, 8, "topk", k=1)
    train(model, data=sparse, **SHORT)
    hidden = train(Autoencoder(4, 6, 0.01), steps=20, replicates=2)
    drawn = source(hidden, 6, 2).draw(np.random.default_rng(0), 50, 1)
    distances = ((drawn[:, None] - hidden.final.values[1]) ** 2).sum(axis=-1)
    np.testing.assert_allclose(distances.min(axis=1), 0, atol=1e-12)  # one feature at a time
    before = hidden.copy(deep=True)
    train(model, data=hidden, replicates=2, **SHORT)
    assert hidden.identical(before)  # a dictionary leaves the model as it is


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"data": None}, "data"),
        ({"data": DATA[:, :3]}, "data"),
        ({"data": "file"}, "data"),
        ({"data": lambda rng, n: np.zeros((n, 2))}, "data"),
        ({"data": DATA, "batch": 0}, "batch"),
        ({"data": DATA, "dead_after": 0}, "dead_after"),
        ({"data": DATA, "strength_warm_up": 2}, "strength_warm_up"),
        ({"data": DATA, "initial": np.ones((3, 6))}, "initial"),
        ({"data": DATA, "initial": np.zeros((8, 6))}, "initial"),
        ({"data": DATA, "optimizer": "best"}, "optimizer"),
    ],
)
def test_bad_arguments_are_named(given, name):
    with pytest.raises((ValueError, TypeError), match=rf"^{name} must"):
        train(Dictionary(6, 8, "topk", k=1), **SHORT | given)


def test_the_command_line_trains_and_writes_both_formats(tmp_path):
    np.save(tmp_path / "activations.npy", DATA)
    command = [
        Path(sys.executable).with_name("polysem"), "train", "dictionary", "activations.npy", "--kind", "topk",
        "--k", "1", "--n-latents", "8", "--steps", "20", "--batch", "32", "--sae-lens", "sae",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    written = schema.load(tmp_path / "dictionary.nc")
    np.testing.assert_array_equal(sae_lens.load(tmp_path / "sae").W_dec, written.W_dec)
    bad = subprocess.run(
        [*command, "--batch", "0"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert bad.returncode == 2
    assert bad.stderr.splitlines()[-1].startswith("polysem: --batch must")
