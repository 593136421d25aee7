"""A checksum in a file that we write: the SHA-256 of all its bytes, with zeros in its own place.

It stands near the beginning of the file, and is looked at before anything else in it is.
"""

import hashlib

MARK = b"polysem sha256 "
BLANK = MARK + b"0" * 64
NEAR = 2**16  # bytes from the beginning in which the mark is looked for


def sealed(content: bytes) -> bytes:
    """Return the content of a file that holds `BLANK` near its beginning, with its checksum put in."""
    digest = hashlib.sha256(content).hexdigest()
    place = content.index(BLANK, 0, NEAR)
    return b"".join((content[:place], MARK, digest.encode(), content[place + len(BLANK) :]))


def fits(content: bytes) -> bool | None:
    """Say whether the checksum in the content of a file fits it, None if there is none."""
    place = content.find(MARK, 0, NEAR)
    if place < 0:
        return None
    end = place + len(BLANK)
    whole = memoryview(content)
    digest = hashlib.sha256(whole[:place])
    digest.update(BLANK)
    digest.update(whole[end:])
    return content[place + len(MARK) : end] == digest.hexdigest().encode()
