"""The checksum in a file notices any other bit."""

import pytest

from theory.common import seal

CONTENT = seal.sealed(b"before " + seal.BLANK + b" after")


def test_content_fits_its_seal_and_no_other_does():
    assert seal.fits(CONTENT) is True
    for place in range(len(CONTENT)):
        for bit in range(8):
            other = bytearray(CONTENT)
            other[place] ^= 1 << bit
            assert not seal.fits(bytes(other))
    assert not any(seal.fits(CONTENT[:length]) for length in range(len(CONTENT)))
    assert not seal.fits(CONTENT + b"\0")


def test_content_without_a_seal_is_told_apart_from_damage():
    assert seal.fits(b"anything") is None
    assert seal.fits(CONTENT[:-1]) is False


def test_only_what_has_room_is_sealed():
    with pytest.raises(ValueError, match="not found"):
        seal.sealed(bytes(seal.NEAR) + seal.BLANK)
