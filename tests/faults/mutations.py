"""Content of a file as it may come back from a bad disk, a bad line or somebody who means it."""

import random


def mutations(content, number, seed):
    """Yield so many: with bits flipped, cut off, with a block of zeros, of noise, or of another place."""
    chance, kind = random.Random(seed), 0
    while number:
        kind = (kind + 1) % 5
        if (other := _mutated(content, kind, chance)) != content:
            number -= 1
            yield other


def _mutated(content, kind, chance):
    other, place = bytearray(content), chance.randrange(len(content))
    if kind == 0:
        for _ in range(chance.choice((1, 1, 1, 20))):
            other[chance.randrange(len(other))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del other[place:]
    else:
        block = slice(place, place + chance.choice((1, 8, 64, 512, 4096)))
        size = len(other[block])
        begin = chance.randrange(len(content) - size + 1)
        other[block] = (bytes(size), chance.randbytes(size), content[begin : begin + size])[kind - 2]
    return bytes(other)
