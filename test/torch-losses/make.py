"""Losses with numbers of their own by PyTorch in float64: value, gradient and Hessian product in the outputs.

    /usr/bin/python3 test/torch-losses/make.py > test/torch-losses/losses.json
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)

cases = []


def add(loss, options, labels, z, function, kind=None):
    """One loss on outputs z; the tangent is sin(0), sin(1), …"""
    z = z.clone().requires_grad_()
    value = function(z)
    (gradient,) = torch.autograd.grad(value, z, create_graph=True)
    tangent = torch.arange(z.numel(), dtype=torch.float64).reshape(z.shape).sin()
    along = (gradient * tangent).sum()
    product = torch.autograd.grad(along, z)[0] if along.requires_grad else torch.zeros_like(z)
    flat = lambda x: x.detach().flatten().tolist()
    cases.append(
        dict(
            loss=loss,
            options=options,
            kind=kind,
            outputs=dict(shape=list(z.shape), data=flat(z)),
            labels=dict(shape=list(labels.shape), data=flat(labels), whole=not labels.is_floating_point()),
            value=value.item(),
            gradient=flat(gradient),
            product=flat(product),
        )
    )


z = torch.randn(4, 3, 5) * 2
y = torch.tensor([[0, 1, -100, 2, 1], [2, 2, 0, 0, 1], [1, 1, 1, -100, -100], [0, 2, 1, 0, 2]])
t = torch.softmax(torch.randn(4, 3, 5), 1)
w = torch.tensor([0.5, 2.0, 0.75])
weights = "weights=0.5,2,0.75"
add("cross-entropy", [weights], y, z, lambda z: F.cross_entropy(z, y, weight=w))
add("cross-entropy", ["weights=0,2,0.75"], y, z, lambda z: F.cross_entropy(z, y, weight=torch.tensor([0, 2, 0.75])))
add("cross-entropy", [weights, "smoothing=0.2"], y, z, lambda z: F.cross_entropy(z, y, weight=w, label_smoothing=0.2))
add("cross-entropy", [weights], t, z, lambda z: F.cross_entropy(z, t, weight=w))
add("cross-entropy", [weights, "smoothing=0.2"], t, z, lambda z: F.cross_entropy(z, t, weight=w, label_smoothing=0.2))
logs = torch.log_softmax(z, 1)
add("cross-entropy", [weights], y, logs, lambda z: F.nll_loss(z, y, weight=w), "log-probabilities")

e = torch.randn(4, 3)
b = (torch.rand(4, 3) > 0.5).double()
p = torch.tensor([3.0, 0.5, 1.0])
bce = F.binary_cross_entropy_with_logits
add("bce", ["pos-weight=3,0.5,1"], b, e, lambda z: bce(z, b, pos_weight=p))
add("bce", ["pos-weight=4"], b, e, lambda z: bce(z, b, pos_weight=torch.tensor([4.0])))
s = torch.rand(4, 3)
add("bce", ["pos-weight=4"], s, e, lambda z: bce(z, s, pos_weight=torch.tensor([4.0])))
add(
    "bce",
    ["pos-weight=3,0.5,1"],
    s,
    torch.sigmoid(e),
    lambda z: -(p * s * z.log() + (1 - s) * (1 - z).log()).mean(),
    "probabilities",
)

c = torch.poisson(torch.rand(4, 3) * 4)
add("poisson", [], c, e, lambda z: F.poisson_nll_loss(z, c))
g = torch.randn(4, 3)
add("gaussian", [], g, e, lambda z: F.gaussian_nll_loss(z, g, torch.ones(4, 3)))
add("gaussian", ["variance=0.7"], g, e, lambda z: F.gaussian_nll_loss(z, g, torch.full((4, 3), 0.7)))
h = torch.randn(4, 6)
add("heteroscedastic-gaussian", [], g, h, lambda z: F.gaussian_nll_loss(z[:, :3], g, z[:, 3:].exp()))

k = torch.tensor([0, 2, 1, 1])


def multi_margin(z, margin, power):
    short = (margin - z.gather(1, k[:, None]) + z).clamp(min=0) ** power
    value = short.scatter(1, k[:, None], 0.0).sum() / z.numel()
    assert torch.allclose(value, F.multi_margin_loss(z, k, margin=margin, p=power))
    return value


add("multi-margin", [], k, e, lambda z: multi_margin(z, 1, 1))
add("multi-margin", ["margin=0.8", "power=2"], k, e, lambda z: multi_margin(z, 0.8, 2))
sign = b * 2 - 1
add("hinge", [], sign, e, lambda z: (1 - sign * z).clamp(min=0).mean())
add("hinge", ["margin=0.5", "power=2"], b, e, lambda z: ((0.5 - sign * z).clamp(min=0) ** 2).mean())
add("pinball", ["quantile=0.9"], g, e, lambda z: torch.maximum(0.9 * (g - z), -0.1 * (g - z)).mean())

print(json.dumps(cases, indent=1))
