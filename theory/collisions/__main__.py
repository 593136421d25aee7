"""``python -m theory.collisions`` prints the derivations of this chapter and verifies each step."""

from theory.derivation.script import main

main("collisions")
