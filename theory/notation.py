"""Every symbol of the derivations once, with what it means; ``python -m theory.notation`` prints the table.

A letter may mean different things in different chapters, as in the papers. Here each meaning has a name of
its own, by which the modules import it: ``from theory.notation import interference_std as s``.
"""

from typing import NamedTuple

import sympy as sp


class Entry(NamedTuple):
    """One line of the table."""

    subject: str
    symbol: sp.Expr
    meaning: str


TABLE: list[Entry] = []


def encodings(n_features: int, n_neurons: int, letter: str = "w", **assumptions: bool) -> sp.Matrix:
    """Return a matrix of symbols, one row for each feature, by default real ``w_1,1``, ``w_1,2`` …."""
    known = assumptions or {"real": True}
    return sp.Matrix(n_features, n_neurons, lambda i, k: sp.Symbol(f"{letter}_{i + 1},{k + 1}", **known))


def moving(symbol: sp.Symbol, time: sp.Symbol | None = None) -> sp.Expr:
    """Return the symbol as a positive function of time, or of another variable that it follows."""
    return sp.Function(symbol.name, positive=True)(time or t)


class _Subject:
    """Makes symbols and enters them into the table; positive unless something else is said."""

    def __init__(self, subject: str) -> None:
        self.subject = subject

    def __call__(self, letter: str, meaning: str, **assumptions: bool) -> sp.Symbol:
        symbol = sp.Symbol(letter, **assumptions or {"positive": True})
        TABLE.append(Entry(self.subject, symbol, meaning))
        return symbol

    def family(self, letters: str, meaning: str, **assumptions: bool) -> tuple[sp.Symbol, ...]:
        """Make symbols that mean the same of different things."""
        symbols = sp.symbols(letters, **assumptions or {"positive": True})
        TABLE.append(Entry(self.subject, sp.Tuple(*symbols), meaning))
        return symbols

    def function(self, letter: str, meaning: str) -> sp.Function:
        """Make a positive function."""
        function = sp.Function(letter, positive=True)
        TABLE.append(Entry(self.subject, function, meaning))
        return function


_WHOLE = {"integer": True, "positive": True}
_REAL = {"real": True}

_ = _Subject("model and flow")
n = _("n", "number of features", **_WHOLE)
m = _("m", "number of neurons", **_WHOLE)
t = _("t", "flow time")
lam = _("lambda", "L1 strength in flow units, a quarter of that of training")
lam_train = _("lambda_train", "L1 strength of the training loss")
w = _("w", "absolute weight")
v = _("v", "another absolute weight")
w_signed = _("w", "weight W_ik of either sign", **_REAL)
v_signed = _("v", "weight W_jk of another feature on the same neuron", **_REAL)
N = _("N", "squared length of an encoding, ‖w‖²")
R = _("R", "squared length of an encoding without one of its weights")
rest_of_product = _("r", "inner product of two encodings without one neuron", **_REAL)
x, y, z = _.family("x y z", "absolute weights, or variables of integration")
phi = _("phi", "angle in the plane of two features or two neurons", **_REAL)
ell = _("ell", "length of the inputs")
input_weights = _.family("v_1 v_2", "weights from two orthogonal inputs to one neuron", **_REAL)
slopes = _.family("L_1 L_2", "slopes of the loss by two encodings' weights on one neuron", **_REAL)
eps = _("epsilon", "what falls to 0 in an expansion, or a small displacement")
i, j, k = _.family("i j k", "indices, or whole numbers that are summed over", **_WHOLE)
sigma = _("sigma", "standard deviation of the initial weights")
encoder, decoder = _.family("e d", "weights of a feature in untied layers, on its neuron")
error_slope = _("g", "pull of either layer on the other: the error of the output")
layer_gap = _("delta", "difference of both layers at the start", **_REAL)

_ = _Subject("sparsification")
B = _.function("B", "clock of the reduced flow: |w_k| = (u_k − s)₊/√B")
waterline = _.function("s", "waterline of the reduced flow, by time")
p_of = _.function("p", "sum of the excesses of the initial weights over the waterline, by time or waterline")
q_of = _.function("q", "sum of their squares")
k_of = _.function("k", "number of weights above the waterline")
s = _("s", "waterline")
u = _("u", "absolute initial weight")
starts = _.family("u1:4", "three absolute initial weights")
weights = _.family("w1:4", "the three weights later", complex=True)
force = _("F", "force on a weight", complex=True)
threshold = _("theta", "weight at which feature benefit and L1 balance", complex=True)
L = _("L", "L1 norm of an encoding, ‖w‖₁")
active = _("k", "number of active weights")
p = _("p", "sum of excesses over the waterline")
q = _("q", "sum of their squares")
N_0 = _("N_0", "squared length at the start")
L_0 = _("L_0", "L1 norm at the start")
below = _("x", "waterline counted from a weight: below the next death, or below the K-th largest weight")
P = _("P", "sum of the excesses over the weight that dies next")
Q = _("Q", "sum of their squares")
q_0 = _("q_0", "squared length of the initial encoding")
ratio = _("r", "square root of B over q, which falls to 1 in the first layer")
R_first = _("R", "its value at the start")
E = _("E", "exponential variable: a gap between sorted weights is E/j")
left = _("j", "number of weights that are left")
T_lam = _("T", "λt")
z_far = _("z", "standard deviation of the weights over the waterline, 1/ζ")
K_tail = _("K", "number of weights in front of a tail")
nu = _("nu", "power of a tail")
K_level = _("K", "number of the largest weights that are followed one by one")
root = _("y", "exp(−x/2)")
a_level = _("a", "deviation of P from its mean K", **_REAL)
b_level = _("b", "deviation of Q from its mean 2K", **_REAL)
deviation = _("delta", "relative deviation of q from its mean", complex=True)
next_level = _("K_1", "the next level, K + 1")
mean_rest = _("R", "mean time left")
of_gap = {
    letter: _.function(letter, meaning)
    for letter, meaning in (
        ("P_1", "P at the next level, by E"),
        ("Q_1", "Q at the next level, by E"),
        ("R_1", "mean time left at the next level, by E"),
        ("I", "time spent at a level, by E"),
    )
}
power = _("n", "power of a moment", **_WHOLE)
first_gap = _("e", "E₁, the gap between the two largest weights")
other_levels = _("c", "time spent at all other levels", **_REAL)
gap = _("g", "gap between values of −ln P(|w| > u)")
beyond = _("pi", "P(|w| > u)")
U_top = _("U", "K-th largest weight")
at_s = _.family("k_s p_s q_s", "sums k, p and q of the population over s")
at_top = _.family("k_U p_U q_U", "and over U")
excess = _("a", "excess of one more weight over the waterline")
integral = _("I", "integral of its squares over q^(3/2)")

_ = _Subject("interference and malign collisions")
normal = _("u", "normal variable, or one of noise", **_REAL)
product_std = _("s", "standard deviation of an inner product, given one of the encodings")
c_init = _("c", "standard deviation of the initial weights times √m")
a, b = _.family("a b", "weights of two features on one neuron, the first the larger one")
a_0 = _("a_0", "inner product, or larger weight, at the start")
b_0 = _("b_0", "smaller weight at the start")
g_0 = _("g_0", "eigenvalue of W Wᵀ, or value of the logistic function, at the start")
conserved = _("Delta", "a² − b², which interference alone conserves")
p_component, q_component = _.family("p q", "components of two encodings along their sum and difference")
balance = _("c", "weight at which two equal ones on one neuron are in balance")
rho = _("rho", "length of the vector of two weights on one neuron")
same, other = _.family("S O", "what an encoding ends with of itself and of the other one", complex=True)
inner = _("r", "inner product of two encodings")
crowd = _("y", "features for √m neurons, n/√m")
pushed = _("M", "mean distance by which interference has pushed cosines down, times √m")
S_lifted = _("S", "distance by which third encodings have lifted each cosine, times √m")
minus_mean = _("mu", "minus the mean cosine of two encodings, times √m")
positive_part = _("p", "mean positive part of the cosines, times √m")
own_part = _("a", "part that one neuron has in a cosine, times √m")
correlation = _("rho", "correlation of two features' weights on one neuron", **_REAL)

_ = _Subject("first steps of Adam")
average = _("beta", "share of the former average in an average of gradients")
gradient = _("g", "gradient by a weight", **_REAL)
steps = _("k", "number of steps", **_WHOLE)
coefficient = _("c", "coefficient of an inner product", **_REAL)
push = _("q", "push of other encodings on a weight, over σ: q² = Σ ReLU(W_i·W_j)²")
push_start = _("q_0", "its value at the start")
missing = _("y_0", "1 − ‖W_i‖² at the start", **_REAL)
kappa_pull = _("kappa", "pull along the encoding over the push: (1 − N − q²)/q", **_REAL)
distance = _("tau", "distance that each weight goes: rate times steps")
flip = _("t", "distance at which a weight turns from shrinking to growing")
clock = _("s", "clock of the first steps, ln(q_0/q)")

_ = _Subject("collisions")
d = _("d", "number of neurons with both slots in use", **_WHOLE)
r = _("r", "order of a moment or of a collision, or index of a feature", **_WHOLE)
L_poisson = _("L", "−ln of the probability that no neuron is polysemantic")
c, d_weight, p_rest, q_rest = _.family("c d p q", "further absolute weights of two features")
G = _("G", "inner product of two encodings")
n_contexts = _("c", "number of contexts", **_WHOLE)
in_context = _("r", "number of features of a context", **_WHOLE)

_ = _Subject("noise")
inner_noise = _("a", "inner product with the feature that is on", **_REAL)
kappa = _("kappa", "excess kurtosis of the noise", **_REAL)
theta = _("theta", "variable of a cumulant generating function, or an angle", **_REAL)
output_std = _("s", "standard deviation of the noise on an output")
noise_std = _("sigma", "standard deviation of the noise on a neuron")
F = _("F", "fourth norm of an encoding, Σ w⁴")
c_4 = _("c_4", "fourth cumulant of the noise on an output", **_REAL)
four_weights = _.family("w_1:5", "weights of one or two encodings")
noise_slopes = _.family("L_a L_N L_F", "slopes of a pair's loss by a, N and F", **_REAL)
rate = _("c", "rate of the drift of the fourth norm")
radius = _("r", "length of a normal vector")
d_gap = _("d", "gap 1 − u²/max u² of an initial weight")
g = _("g", "what is left of the race of drifting weights, from 1 to 0")

_ = _Subject("co-occurrence")
p_on = _("p", "probability that a feature is on")
r_pair = _("r", "difference of the two weights of a benign pair, or a rest of an inner product or angle")
S_1, S_2 = _.family("S_1 S_2", "sums of the losses of inputs with one and with two features on")
u_product, v_product = _.family("u v", "inner products of an output with two features that are on", **_REAL)
target = _("t", "target of an output", **_REAL)
q_product = _("q", "rest of an inner product")
product_slopes = _.family("L_u L_v", "slopes of the energy by two inner products", **_REAL)
g_new = _("g", "weight on an unused neuron")
E_pair = _("E", "energy per occurrence of a feature", **_REAL)
force_a, force_b, force_alpha = _.family(
    "f_a f_b f_alpha", "forces on the weights a and b, and on an angle", **_REAL
)
force_g = _("f_g", "force on a runner-up", **_REAL)
multiplier = _("mu", "feature benefit of an encoding whose length stays 1")
energy_a, energy_b = (
    _.function("E_a", "energy by a weight of the larger feature on an unused neuron"),
    _.function("E_b", "energy by a weight of the smaller feature there"),
)
benefit_a, benefit_b = _.family("h_a h_b", "feature benefits of the two features of a benign pair")
new_threshold = _("theta", "weight on an unused neuron at which its forces balance")
lam_per_p = _("q", "λ/p")
p_per_lam = _("q", "p/λ")
alpha, beta = _.family("alpha beta", "angles of two encodings: runner-up over winner is tan α")
lead = _("s", "lead of the winner over the runner-up")
runner_up = _("g", "runner-up at the threshold", **_REAL)
on = _("k", "number of outputs of a pair that are on")
middle = _("M", "half the sum of two angles from the diagonal")
apart = _("delta", "their difference")
both_angles = _("A", "angle of both features from the diagonal")

_ = _Subject("capacity")
overlap = _("x", "inner product of two random directions")
exponent = _("lambda", "variable of a moment generating function")
eigen_a, eigen_b = _.family("a b", "eigenvalues of a Gram matrix")
length = _("l", "length of encodings")
load = _("rho", "interference on an encoding of length 1")
code_root = _("c", "minus the double root of a polynomial that bounds spherical codes")

_ = _Subject("dictionaries")
amplitude = _("a", "value of a feature that is on")
mean_amplitude = _("A", "its mean")
latent = _("f", "value of its latent")
decoder_bias = _("beta", "decoder bias along a feature")
l1_latents = _("lambda", "L1 coefficient of a dictionary")
p_feature = _("p", "probability that a feature is on")
tilt = _("delta", "angle of the latent of a child towards its parent")
p_alone, p_both = _.family("q r", "probability that the child is on alone, and with its parent")
kept = _("k", "number of latents that may be on", **_WHOLE)
n_on = _("n", "number of features", **_WHOLE)
j_on = _("j", "number of features that are on", **_WHOLE)
left_out = _("l", "probability that a feature is on and left out")

_ = _Subject("two-layer model")
N_features = _("N", "number of features", **_WHOLE)
m_in = _("m_in", "number of inputs", **_WHOLE)
occurrence = _("epsilon", "probability that a feature is on")
interference_std = _("s", "standard deviation of the interference on a feature")
threshold_beta, threshold_gamma = _.family("beta gamma", "inputs at which neurons switch on", **_REAL)
z_shift = _("z", "input without interference", **_REAL)
v_noise = _("v", "interference on a feature, or an angle", **_REAL)
weight = _("alpha", "weight of a neuron's response")
feature = _("x", "value of a feature that is on")
u_input = _("u", "input of a neuron that switches on at 0")
r_later = _("r", "input at which a later neuron switches on, or share (1 − ε)/s")
B_signal, P_power = _.family("B P", "overlap of a response with its feature, and its power")
B_two = _.family("B_1 B_2", "overlaps of two responses with their feature")
P_two = _.family("P_11 P_12 P_22", "overlaps of two responses with each other")
row_angle = _("phi", "angle between two random directions", **_REAL)
row_length = _("l", "squared length of a row of a matrix with orthonormal columns")
squared_cosines = _("q", "squared length of the other rows")
frame_angles = _.family("a b", "angles of a frame of three rows and two columns", **_REAL)
sharing = _("r", "number of features that share a neuron")
threshold_in_std = _("t", "threshold over s", **_REAL)
rarity = _("q", "probability ε over s²")
cosine_limit = _("c_0", "cosine that no other feature may exceed")
tail = _("p_0", "probability that a cosine does")
at_zero = _.family("B_0 B_1 P_0 P_1", "overlap, its slope, power and its slope at threshold 0", **_REAL)

_ = _Subject("superposition")
g_product = _("g", "inner product of an input's and an output's encoding, or squared length", **_REAL)
b_bias = _("b", "bias of an output", **_REAL)
x_on = _("x", "value of the feature that is on", **_REAL)
second_on = _("y", "value of a second one")
a_product, c_product = _.family("a c", "inner products of an output with two features that are on")
g_length = _("g", "squared length of corners")
lower_end, upper_end = _.family("u v", "ends of the values at which an output is on", **_REAL)
root_share = _("r", "value from which on an output is on, −b/g")
cosines = _.family("c_1 c_2", "cosines between corners of a polygon")
own_response, whole_power = _.family("A B", "overlap of an output with its feature over g, its power over g²")
left_bias = _("beta", "bias of a feature that is left out")
q_power = _("q", "power of a rectified sum", **_WHOLE)
share_t = _("t", "share of the way at which a sum passes 0")
importance_ratio = _("I", "importance of the second of two features over that of the first")
corners_number = _("c", "number of corners of a polygon", **_WHOLE)


def table() -> str:
    """Return the table of symbols as Markdown."""
    lines = ["| subject | symbol | meaning |", "| --- | --- | --- |"]
    for subject, symbol, meaning in TABLE:
        letters = symbol if isinstance(symbol, sp.Tuple) else [symbol]
        shown = ", ".join(sp.pretty(letter) for letter in letters)
        meaning = meaning.replace("|", "\\|")
        lines.append(f"| {subject} | {shown} | {meaning} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
