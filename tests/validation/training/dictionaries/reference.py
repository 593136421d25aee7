"""The losses of the six kinds in PyTorch, written after their papers, for autograd."""

import torch

BANDWIDTH = 0.05


class Step(torch.autograd.Function):
    """H(z − θ) whose slope by θ is smoothed over a rectangle (arXiv:2407.14435, equation 11)."""

    @staticmethod
    def forward(ctx, z, threshold):
        ctx.save_for_backward(z, threshold)
        return (z > threshold).to(z)

    @staticmethod
    def backward(ctx, slope):
        z, threshold = ctx.saved_tensors
        window = ((z - threshold).abs() < BANDWIDTH / 2).to(z)
        return None, (-window * slope / BANDWIDTH).sum(0)


class Jump(torch.autograd.Function):
    """z H(z − θ) likewise (equation 10)."""

    @staticmethod
    def forward(ctx, z, threshold):
        ctx.save_for_backward(z, threshold)
        return z * (z > threshold)

    @staticmethod
    def backward(ctx, slope):
        z, threshold = ctx.saved_tensors
        window = ((z - threshold).abs() < BANDWIDTH / 2).to(z)
        return slope * (z > threshold), (-threshold * window * slope / BANDWIDTH).sum(0)


def squared(outputs, inputs):
    return ((outputs - inputs) ** 2).sum(-1).mean()


def keep(values, number, dim):
    flat = values.flatten() if dim is None else values
    top = torch.topk(flat, number, dim=-1)
    kept = torch.zeros_like(flat).scatter(-1, top.indices, top.values)
    return kept.reshape(values.shape)


def loss(model, p, x, dead=None):
    """Return the training loss, with parameters `p` by name."""
    z = (x - p["b_dec"]) @ p["W_enc"]
    pre = z + p["b_enc"]
    added = torch.zeros((), dtype=x.dtype)
    if model.kind == "l1":
        f = pre.relu()
        added = model.l1_coefficient * f.sum(-1).mean()
    elif model.kind == "topk":
        f = keep(pre.relu(), int(model.k), -1)
    elif model.kind in ("batch_topk", "matryoshka"):
        f = keep(pre.relu(), int(model.k * len(x)), None)
    elif model.kind == "gated":
        magnitude = z * p["r_mag"].exp() + p["b_mag"]
        f = (pre > 0) * magnitude.relu()
        alone = pre.relu() @ p["W_dec"].detach() + p["b_dec"].detach()
        added = squared(alone, x) + model.l1_coefficient * pre.relu().sum(-1).mean()
    else:
        f = Jump.apply(pre, p["threshold"])
        added = model.l0_coefficient * Step.apply(pre, p["threshold"]).sum(-1).mean()
    rest = x - f @ p["W_dec"] - p["b_dec"]
    total = added
    for width in model.widths or (model.n_latents,):
        total = total + squared(f[:, :width] @ p["W_dec"][:width] + p["b_dec"], x)
    if dead is not None:
        number = min(model.n_inputs // 2, int(dead.sum()))
        total = total + squared(keep(pre[:, dead].relu(), number, -1) @ p["W_dec"][dead], rest.detach()) / 32
    return total
