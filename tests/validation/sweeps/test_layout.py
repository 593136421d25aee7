"""Layouts: what is read again is what was written, and damage shows."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
import zarr

from validation.sweeps import layout as layouts
from validation.sweeps.layout import Layout, parsed, template
from validation.sweeps.points import points

MEASURED = xr.Dataset(
    {"x": ("replicate", np.ones(2, np.float32)), "w": (("replicate", "k"), np.ones((2, 3), np.int16))},
    {"k": ["a", "b", "ö"], "t": ("k", [0.1, 1e-300, np.inf])},
)
LAYOUT = Layout(
    points({"n": [1, 2], "kind": ["plain", "other"], "even": [True, False]}),
    5,
    2,
    2**70,
    "there:measure",
    ({"code": "1"}, {"code": "2"}),
    (template(MEASURED, True),),
)


def test_it_is_read_again():
    assert parsed(LAYOUT.text()) == LAYOUT
    assert parsed(replace(LAYOUT, replicates=None).text()).replicates is None


def test_units_of_work():
    assert LAYOUT.batches == 3
    assert replace(LAYOUT, replicates=6).batches == 3
    assert replace(LAYOUT, replicates=None).batches == 1


def test_damage_shows():
    """Of any one character: what the text says otherwise is read, or None."""
    text, chance = LAYOUT.text(), random.Random(0)
    for _ in range(300):
        at = chance.randrange(len(text))
        other = text[:at] + chr(chance.randrange(1, 128)) + text[at + 1 :]
        assert parsed(other) in (None, LAYOUT)
        assert parsed(text[:at]) is None
    for other in ("", "null", "[]", "{}", "\0" * 99):
        assert parsed(other) is None


def test_another_format_is_refused():
    content = json.loads(LAYOUT.text()) | {"format": "polysem sweep 9"}
    del content["sha256"]
    text = json.dumps({"sha256": layouts._digest(content), **content})
    with pytest.raises(ValueError, match=r"^store must have the format “polysem sweep 1”$"):
        parsed(text)


def test_template_says_types_shapes_and_labels():
    assert LAYOUT.templates[0]["variables"] == {
        "x": {"dims": [], "shape": [], "dtype": "float32"},
        "w": {"dims": ["k"], "shape": [3], "dtype": "int16"},
    }
    assert LAYOUT.templates[0]["labels"]["k"] == {"dims": ["k"], "values": ["a", "b", "ö"]}
    assert template(MEASURED, False)["variables"]["x"]["dims"] == ["replicate"]
    assert template(MEASURED, True) == json.loads(json.dumps(template(MEASURED, True)))


def test_files_are_of_the_layout_alone(tmp_path):
    """The same bytes each time, which Zarr reads: a chunk for each unit of work, with labels."""
    files = layouts.files(LAYOUT)
    assert files == layouts.files(LAYOUT)
    for path, content in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    root = zarr.open_group(tmp_path, mode="r")
    assert (root["w"].shape, root["w"].chunks, root["w"].dtype) == ((2, 2, 2, 5, 3), (1, 1, 1, 2, 3), "int16")
    assert root["ledger"].shape == (2, 2, 2, 3, 4)
    assert root["ledger"].chunks == (1, 1, 1, 1, 4)
    assert [type(codec).__name__ for codec in root["w"].compressors] == ["ZstdCodec", "Crc32cCodec"]
    assert root["kind"][:].tolist() == ["plain", "other"]
    assert root["even"][:].tolist() == [True, False]
    assert root["t"][:].tolist() == [0.1, 1e-300, np.inf]
    assert parsed(root.attrs["layout"]) == LAYOUT
    assert root.attrs["code"] == "1, 2"
