import pytest

from validation.training import options
from validation.training.activations import ACTIVATIONS, LayerNorm
from validation.training.inputs import INPUTS, Basis, Independent, PowerLaw
from validation.training.noise import NOISES, Gaussian, Signs
from validation.training.optimizers import OPTIMIZERS, AdamW
from validation.training.settings import OPTIONS


@pytest.mark.parametrize(
    ("text", "given", "kinds"),
    [
        ("layer_norm", LayerNorm(), ACTIVATIONS),
        ("basis", Basis(), INPUTS),
        ("signs:std=0.1", Signs(std=0.1), NOISES),
        ("gaussian:std=1", Gaussian(std=1.0), NOISES),
        ("independent:p=1e-05", Independent(p=1e-5), INPUTS),
        ("power_law:p=0.3,values=uniform,batch=8,exponent=2", PowerLaw(0.3, "uniform", 8, 2.0), INPUTS),
        ("adamw", AdamW(), OPTIMIZERS),
        ("adamw:second=0.99,weight_decay=0.1", AdamW(second=0.99, weight_decay=0.1), OPTIMIZERS),
    ],
)
def test_what_is_typed_is_what_is_written(text, given, kinds):
    assert options.typed("option", text, kinds) == given
    assert options.written(given, kinds) == text
    assert options.chosen("option", given, kinds) is given


@pytest.mark.parametrize("name", OPTIONS)
def test_plain_names_are_their_kinds_by_default(name):
    for plain, kind in OPTIONS[name].items():
        try:
            made = kind()
        except TypeError:
            with pytest.raises(ValueError, match=rf"^{name} must say \w+: {kind.__name__}\("):
                options.chosen(name, plain, OPTIONS[name])
        else:
            assert options.chosen(name, plain, OPTIONS[name]) == made
            assert options.written(made, OPTIONS[name]) == plain
