"""``python -m theory.two_layer`` prints the derivations of this chapter and verifies each step."""

from theory import catalogue
from theory.derivation.script import main

main("two_layer", catalogue.chapter("two_layer"))
