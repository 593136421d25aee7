"""``python -m theory.capacity`` prints the derivations of this chapter and verifies each step."""

from theory.derivation.script import main

main("capacity")
