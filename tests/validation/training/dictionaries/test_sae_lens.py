"""Held against the format as SAELens 6 documents it; its own forward passes are written out in NumPy here."""

import json

import numpy as np
import pytest
import safetensors.numpy

from theory import Dictionary
from validation import train
from validation.training.dictionaries import sae_lens
from validation.training.dictionaries.encoding import encode
from validation.training.dictionaries.kinds import CODERS

STRENGTHS = {
    "l1": {"l1_coefficient": 0.2},
    "topk": {"k": 2},
    "batch_topk": {"k": 1.5},
    "gated": {"l1_coefficient": 0.2},
    "jumprelu": {"l0_coefficient": 0.02},
    "matryoshka": {"k": 1},
}
INPUTS = np.random.default_rng(1).normal(size=(300, 5))


@pytest.fixture(scope="module", params=CODERS)
def saved(request, tmp_path_factory):
    model = Dictionary(5, 9, request.param, **STRENGTHS[request.param])
    trained = train(model, data=INPUTS, steps=40, batch=64, replicates=2)
    return trained, sae_lens.save(trained, tmp_path_factory.mktemp(request.param) / "sae", replicate=1)


def parts(folder):
    weights = safetensors.numpy.load_file(folder / "sae_weights.safetensors")
    return json.loads((folder / "cfg.json").read_text()), weights


def latents_of_sae_lens(configuration, w, x):
    """Return what ``SAE.encode`` of this architecture does (sae_lens/saes/*_sae.py)."""
    sae_in = x - w["b_dec"] * configuration["apply_b_dec_to_input"]
    if configuration["architecture"] == "gated":
        gate = sae_in @ w["W_enc"] + w["b_gate"] > 0
        return gate * np.maximum(sae_in @ (w["W_enc"] * np.exp(w["r_mag"])) + w["b_mag"], 0)
    hidden = sae_in @ w["W_enc"] + w["b_enc"]
    if configuration["architecture"] == "jumprelu":
        return np.maximum(hidden, 0) * (hidden > np.maximum(w["threshold"], 0))
    if configuration["architecture"] == "topk":
        smallest = np.sort(hidden, axis=1)[:, -configuration["k"], None]
        return np.where(hidden >= smallest, np.maximum(hidden, 0), 0)
    return np.maximum(hidden, 0)


def test_there_and_back_bit_for_bit(saved, tmp_path):
    trained, folder = saved
    read = sae_lens.load(folder)
    again = sae_lens.save(read, tmp_path / "again")
    name = "sae_weights.safetensors"
    assert (again / name).read_bytes() == (folder / name).read_bytes()
    for name in read.data_vars:
        assert read[name].values[0].tobytes() == trained[name].values[1].tobytes()
        assert read[name].dtype == trained[name].dtype


def test_configuration_and_weights_are_those_of_the_format(saved):
    _, folder = saved
    configuration, weights = parts(folder)
    assert (configuration["d_in"], configuration["d_sae"]) == (5, 9)
    assert configuration["normalize_activations"] == configuration["reshape_activations"] == "none"
    assert configuration["dtype"] == "float32"
    assert isinstance(configuration["metadata"], dict)
    of_latents = {
        "standard": {"b_enc"},
        "topk": {"b_enc"},
        "gated": {"b_gate", "b_mag", "r_mag"},
        "jumprelu": {"b_enc", "threshold"},
    }[configuration["architecture"]]
    assert weights.keys() == {"W_enc", "W_dec", "b_dec"} | of_latents
    assert weights["W_enc"].shape == weights["W_dec"].T.shape == (5, 9)


def test_sae_lens_computes_the_same_latents(saved):
    trained, folder = saved
    ours = encode(trained, INPUTS, 1)
    assert (ours > 0).any()
    np.testing.assert_allclose(latents_of_sae_lens(*parts(folder), INPUTS), ours, atol=1e-5)
    np.testing.assert_allclose(encode(sae_lens.load(folder), INPUTS), ours, atol=1e-6)


def test_a_dictionary_without_bias_in_its_input(saved, tmp_path):
    _, folder = saved
    configuration, weights = parts(folder)
    (tmp_path / "cfg.json").write_text(json.dumps(configuration | {"apply_b_dec_to_input": False}))
    (tmp_path / "sae_weights.safetensors").write_bytes((folder / "sae_weights.safetensors").read_bytes())
    theirs = latents_of_sae_lens(configuration | {"apply_b_dec_to_input": False}, weights, INPUTS)
    if configuration["architecture"] != "gated":
        np.testing.assert_allclose(encode(sae_lens.load(tmp_path), INPUTS), theirs, atol=1e-5)
    else:
        with pytest.raises(ValueError, match=r"^folder must"):
            sae_lens.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "temporal"},
        {"normalize_activations": "layer_norm"},
        {"rescale_acts_by_decoder_norm": True},
        {"d_in": 6},
        {"d_sae": "9"},
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(saved, change, tmp_path):
    _, folder = saved
    configuration, _ = parts(folder)
    (tmp_path / "cfg.json").write_text(json.dumps(configuration | change))
    (tmp_path / "sae_weights.safetensors").write_bytes((folder / "sae_weights.safetensors").read_bytes())
    with pytest.raises((ValueError, TypeError), match=r"^folder('s \w+)? must") as caught:
        sae_lens.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_damaged_files_are_refused(saved, tmp_path):
    _, folder = saved
    with pytest.raises(ValueError, match=r"^folder must"):
        sae_lens.load(tmp_path)
    (tmp_path / "cfg.json").write_bytes((folder / "cfg.json").read_bytes())
    (tmp_path / "sae_weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match=r"^folder must"):
        sae_lens.load(tmp_path)
    (tmp_path / "cfg.json").write_text("{")
    with pytest.raises(ValueError, match=r"^folder must"):
        sae_lens.load(tmp_path)
