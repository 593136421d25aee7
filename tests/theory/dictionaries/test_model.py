import pytest

from theory import Dictionary
from theory.dictionaries import KINDS

STRENGTHS = {"l1_coefficient": 0.1, "k": 2, "l0_coefficient": 0.1, "widths": (2, 8)}


@pytest.mark.parametrize("kind", KINDS)
def test_takes_the_strengths_of_its_kind_and_no_others(kind):
    of_kind = {name: STRENGTHS[name] for name in KINDS[kind]}
    model = Dictionary(4, 8, kind, **of_kind)
    given = model.parameters()
    assert {name: given[name] for name in of_kind} == of_kind | (
        {"widths": [2, 8]} if "widths" in of_kind else {}
    )
    for name in set(STRENGTHS) - set(of_kind):
        with pytest.raises(ValueError, match=f"^{name} must be left out"):
            Dictionary(4, 8, kind, **of_kind | {name: STRENGTHS[name]})
    for name in set(of_kind) - {"widths"}:
        with pytest.raises(TypeError, match=f"^{name} must be given"):
            Dictionary(4, 8, kind, **{key: of_kind[key] for key in of_kind if key != name})


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, 8, "topk", None, 2), "n_inputs"),
        ((4, 2.5, "topk", None, 2), "n_latents"),
        ((4, 8, "relu"), "kind"),
        ((4, 8, "l1", -0.1), "l1_coefficient"),
        ((4, 8, "topk", None, 1.5), "k"),
        ((4, 8, "topk", None, 9), "k"),
        ((4, 8, "batch_topk", None, 0), "k"),
        ((4, 8, "jumprelu", None, None, float("nan")), "l0_coefficient"),
        ((4, 8, "matryoshka", None, 1, None, (4, 2, 8)), "widths"),
        ((4, 8, "matryoshka", None, 1, None, (2, 4)), "widths"),
    ],
)
def test_bad_parameters_are_named(arguments, name):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
        Dictionary(*arguments)


def test_nested_dictionaries_have_a_quarter_a_half_and_all_by_default():
    assert Dictionary(4, 10, "matryoshka", k=1.5).widths == (3, 5, 10)
    assert Dictionary(4, 1, "matryoshka", k=1).widths == (1,)
