"""``python -m theory.superposition`` prints the derivations of this chapter and verifies each step."""

from theory import catalogue
from theory.derivation.script import main

main("superposition", catalogue.chapter("superposition"))
