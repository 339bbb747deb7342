"""The kinds of network, loss and data on which curvlinops tests its matrices (its test/cases.py, test/kfac_cases.py; read on
2026-11-28), written anew: every matrix by its definition in PyTorch float64, dense, times sin(1), sin(2), …

    cd test/peer-matrices && /usr/bin/python3 make.py
"""

import json

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import hessian, jacobian

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
LAYERS = (nn.Linear, nn.Conv2d, nn.Embedding)


class Swapped(nn.Module):
    """Classes on axis 1, as nn.CrossEntropyLoss takes them, or the channels last."""

    def __init__(self, net, order):
        super().__init__()
        self.net, self.order = net, order

    def forward(self, x):
        return self.net(x).permute(*self.order)


class Averaged(nn.Module):
    """The mean over the axes between examples and features."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        y = self.net(x)
        return y.mean(tuple(range(1, y.dim() - 1)))


class SplitConcat(nn.Module):
    def __init__(self, d, bias):
        super().__init__()
        self.linear = nn.Linear(d, d, bias=bias)
        self.d = d

    def forward(self, x):
        return torch.cat([self.linear(x[:, : self.d]), self.linear(x[:, self.d :])], 1)


class Tied(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.one, self.two = nn.Linear(d, d), nn.Linear(d, d, bias=False)
        self.two.weight = self.one.weight
        self.d = d

    def forward(self, x):
        return torch.cat([self.one(x[:, : self.d]), self.two(x[:, self.d :])], 1)


def unet():
    return nn.Sequential(
        nn.Conv2d(3, 2, 3, padding=1, stride=2),
        nn.Conv2d(2, 2, 3, padding=1),
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.Conv2d(2, 3, 3, padding=1),
    )


def mlp(*sizes, activation=nn.ReLU, first=()):
    layers = list(first)
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += ([activation()] if i > 0 and activation else []) + [nn.Linear(a, b)]
    return nn.Sequential(*layers)


def terms(loss, z, y):
    """The loss of every term, an example's in a row, [examples, terms]."""
    if loss == "cross-entropy":
        return F.cross_entropy(z, y, reduction="none").reshape(len(z), -1)
    if loss == "bce":
        return F.binary_cross_entropy_with_logits(z, y, reduction="none").reshape(len(z), -1)
    return ((z - y) ** 2).reshape(len(z), -1)


def rows_of(module, given):
    """What the units of a layer are given by one example, a row for each place, with 1 for the bias."""
    if isinstance(module, nn.Embedding):
        rows = F.one_hot(given.reshape(-1), module.num_embeddings).to(torch.float64)
    elif isinstance(module, nn.Conv2d):
        rows = F.unfold(given, module.kernel_size, padding=module.padding, stride=module.stride)[0].T
    else:
        rows = given.reshape(-1, given.shape[-1])
    rows = rows * getattr(module, "factor", 1.0)
    bias = getattr(module, "bias", None)
    return rows.detach() if bias is None else torch.cat([rows, torch.ones(len(rows), 1)], 1).detach()


def places_of(module, offset, bias_offset):
    """Where the weights of unit r lie, and its bias last: [units, columns]."""
    w = module.weight
    at = offset + torch.arange(w.numel()).reshape(w.shape)
    at = at.T if isinstance(module, nn.Embedding) else at.reshape(len(at), -1)
    return (at if bias_offset is None else torch.cat([at, bias_offset + torch.arange(len(at)).reshape(-1, 1)], 1)).numpy()


def runs(values):
    """Of each value the run of equal ones that it is in."""
    run, first = [0], values[0]
    for value in values[1:]:
        isNew = abs(value - first) > 1e-12 * np.abs(values).max()
        first = value if isNew else first
        run.append(run[-1] + isNew)
    return np.array(run)


class Scaled(nn.Linear):
    """Weights that are all multiplied by one factor, as in the neural tangent parametrisation."""

    def __init__(self, i, o, factor):
        super().__init__(i, o)
        self.factor = factor

    def forward(self, x):
        return F.linear(x, self.weight * self.factor, self.bias)


def is_layer(m):
    return isinstance(m, LAYERS) and getattr(m, "groups", 1) == 1


def layered(net, names, offsets, x, curved):
    """K-FAC and EKFAC of both kinds: `curved` gives for an example the weighted directions s with Σ ssᵀ its Hessian in the outputs."""
    n = sum(p.numel() for p in names.values())
    seen, groups = [], {}
    hooks = []
    for k, m in net.named_modules():
        if is_layer(m):
            groups.setdefault(id(m.weight), []).append((k, m))
            hooks.append(m.register_forward_hook(lambda m, i, o: seen.append((m, i[0], o))))
    ways = ("expand", "reduce")
    A = {(g, w): 0 for g in groups for w in ways}
    G = {(g, w): 0 for g in groups for w in ways}
    scores = []
    for i in range(len(x)):
        seen.clear()
        z = net(x[i : i + 1])
        made = {g: [each for each in seen if id(each[0].weight) == g] for g in groups}
        for g, members in groups.items():
            # A use without the bias of another is given 0 in its place.
            width = max(rows_of(m, given).shape[1] for m, given, _ in made[g])
            rows = torch.cat([F.pad(r, (0, width - r.shape[1])) for r in (rows_of(m, given) for m, given, _ in made[g])])
            A[g, "expand"] = A[g, "expand"] + rows.T @ rows / len(rows) / len(x)
            mean = rows.mean(0, keepdim=True)
            A[g, "reduce"] = A[g, "reduce"] + mean.T @ mean / len(x)
        for s in curved(i, z):
            outs = [(g, m, o) for g in groups for m, _, o in made[g]]
            found = torch.autograd.grad(z, [o for _, _, o in outs] + list(names.values()), s.reshape(z.shape), retain_graph=True)
            back = {g: [] for g in groups}
            for (g, m, _), d in zip(outs, found):
                back[g].append(d[0].reshape(d.shape[1], -1).T if isinstance(m, nn.Conv2d) else d.reshape(-1, d.shape[-1]))
            for g in groups:
                rows = torch.cat(back[g])
                G[g, "expand"] = G[g, "expand"] + rows.T @ rows
                total = rows.sum(0, keepdim=True)
                G[g, "reduce"] = G[g, "reduce"] + total.T @ total
            scores.append(torch.cat([each.flatten() for each in found[len(outs) :]]).numpy())
    for hook in hooks:
        hook.remove()
    S = np.array(scores)
    result = {}
    for w in ways:
        # What is in no layer has the exact diagonal.
        kfac, ekfac = np.diag((S**2).sum(0)), np.diag((S**2).sum(0))
        for key, members in groups.items():
            g, a = G[key, w].numpy(), A[key, w].numpy()
            [weight] = [offsets[k + ".weight"] for k, _ in members if k + ".weight" in offsets]
            bias = next((offsets[k + ".bias"] for k, m in members if getattr(m, "bias", None) is not None), None)
            at = places_of(members[0][1], weight, bias).reshape(-1)
            (gv, gu), (av, au) = np.linalg.eigh(g), np.linalg.eigh(a)
            Q = np.kron(gu, au)
            seen_there = ((S[:, at] @ Q) ** 2).sum(0)
            # Eigenvectors of equal eigenvalues are anybody's: they share their mean.
            same = (runs(gv)[:, None] * len(at) + runs(av)[None]).reshape(-1)
            shared = np.array([seen_there[same == each].mean() for each in same])
            kfac[np.ix_(at, at)] = np.kron(g, a)
            ekfac[np.ix_(at, at)] = (Q * shared) @ Q.T
        result[w] = (kfac, ekfac)
    return S.T @ S, result


def make(name, net, x, y, loss, reduction="mean", exact=None, tied=None):
    names = dict(net.named_parameters())
    sizes = [p.numel() for p in names.values()]
    offsets = dict(zip(names, [int(o) for o in np.cumsum([0] + sizes[:-1])]))
    n = sum(sizes)
    flat = torch.cat([p.detach().flatten() for p in names.values()])

    def outputs(theta):
        parts, at = {}, 0
        for k, p in names.items():
            parts[k] = theta[at : at + p.numel()].reshape(p.shape)
            at += p.numel()
        if tied:
            parts[tied] = parts["one.weight"]
        return torch.nn.utils.stateless.functional_call(net, parts, (x,))

    count = terms(loss, net(x), y).numel()
    scale = 1 / count if reduction == "mean" else 1.0
    total = lambda theta: scale * terms(loss, outputs(theta), y).sum()
    H = hessian(total, flat).detach().numpy()
    J = jacobian(outputs, flat).reshape(-1, n).detach()
    T = jacobian(lambda theta: terms(loss, outputs(theta), y), flat).reshape(-1, n).detach().numpy()
    E = T.reshape(len(x), -1, n).sum(1)

    def curved(i, z):
        of = lambda each: scale * terms(loss, each.reshape(z.shape), y[i : i + 1]).sum()
        h = hessian(of, z.detach().flatten())
        values, vectors = torch.linalg.eigh(h)
        return [vectors[:, k] * values[k].clamp(min=0).sqrt() for k in range(len(values)) if values[k] > 0]

    v = np.sin(np.arange(1, n + 1))
    u = np.cos(np.arange(1, len(J) + 1))
    truth = dict(
        hessian=H @ v,
        jacobian=J.numpy() @ v,
        transposed=J.numpy().T @ u,
        terms=scale * T.T @ (T @ v),
        examples=E.T @ (E @ v) / len(x),
    )
    G, found = layered(net, names, offsets, x, curved)
    truth["gaussNewton"] = G @ v
    truth["diagonal"] = np.diag(G)
    truth["trace"] = [np.trace(G)]
    for way, (kfac, ekfac) in found.items():
        truth["kfac-" + way], truth["ekfac-" + way] = kfac @ v, ekfac @ v
    if exact:
        kfac = found[exact][0]
        blocks = np.where(kfac != 0, G, 0)
        assert np.abs(kfac - blocks).max() < 1e-12 * np.abs(G).max(), name
    torch.onnx.export(
        net, x, name + ".onnx", input_names=["x"], dynamic_axes={"x": {0: "N"}}, opset_version=13, output_names=["z"],
        do_constant_folding=False,
    )
    np.savez(name + ".npz", x=x.numpy(), y=y.numpy())
    case = dict(name=name, loss=loss, reduction=reduction, exact=exact)
    return {**case, "truth": {k: [float(f"{t:.17g}") for t in np.asarray(t).flatten()] for k, t in truth.items()}}


rand, randn, randint = torch.rand, torch.randn, torch.randint
deep = lambda *sizes: mlp(*sizes, activation=None)
cases = []


def both(name, net, x, y, loss, **more):
    for reduction in ("mean", "sum"):
        cases.append(make(name, net, x, y, loss, reduction, **more))


both("classes", mlp(10, 5, 3), rand(7, 10), randint(0, 3, (7,)), "cross-entropy")
both("soft-bits", mlp(10, 5, 2), rand(7, 10), rand(7, 2), "bce")
cases.append(make("one-bit", mlp(10, 5, 1), rand(7, 10), rand(7, 1), "bce"))
both("targets", mlp(8, 5, 3), rand(8, 8), rand(8, 3), "mse")
both(
    "classes-in-a-row",
    Swapped(mlp(10, 5, 3), (0, 2, 1)),
    rand(7, 5, 10),
    randint(0, 3, (7, 5)),
    "cross-entropy",
)
both("bits-in-a-row", mlp(10, 5, 2), rand(7, 5, 10), rand(7, 5, 2), "bce")
both("targets-in-a-row", mlp(8, 5, 3), rand(8, 5, 8), rand(8, 5, 3), "mse")
cases.append(
    make(
        "images",
        nn.Sequential(
            nn.Conv2d(1, 3, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(3, 6, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(24, 10),
        ),
        rand(6, 1, 20, 20),
        randint(0, 10, (6,)),
        "cross-entropy",
    )
)
both("deep-linear-one", deep(6, 3, 1), rand(7, 6), rand(7, 1), "mse", exact="expand")
both("deep-linear", deep(5, 4, 3), rand(8, 5), rand(8, 3), "mse", exact="expand")
both("linear", deep(5, 3), rand(7, 5), rand(7, 3), "mse", exact="expand")
both("shared", deep(5, 4, 3), rand(5, 4, 3, 5), rand(5, 4, 3, 3), "mse", exact="expand")
both("shared-averaged", Averaged(deep(5, 4, 3)), rand(5, 4, 3, 5), rand(5, 3), "mse", exact="reduce")
convolution = lambda: nn.Conv2d(3, 2, 4, padding=2)
both(
    "convolution",
    Swapped(convolution(), (0, 2, 3, 1)),
    rand(4, 3, 5, 5),
    rand(4, 6, 6, 2),
    "mse",
    exact="expand",
)
both(
    "convolution-averaged",
    nn.Sequential(convolution(), nn.AdaptiveAvgPool2d(1), nn.Flatten(1)),
    rand(5, 3, 5, 5),
    rand(5, 2),
    "mse",
    exact="reduce",
)
cases.append(make("one-example", deep(5, 4, 3), rand(1, 5), randint(0, 3, (1,)), "cross-entropy", exact="expand"))
cases.append(make("one-example-of-bits", deep(4, 3, 2), rand(1, 4), rand(1, 2), "bce", exact="expand"))
cases.append(make("used-twice", SplitConcat(3, True), rand(6, 6), rand(6, 6), "mse", exact="expand"))
cases.append(make("tied", Tied(3), rand(6, 6), rand(6, 6), "mse", exact="expand", tied="two.weight"))
both("unet-targets", Swapped(unet(), (0, 2, 3, 1)), rand(4, 3, 6, 6), rand(4, 6, 6, 3), "mse")
cases.append(make("unet-classes", unet(), rand(4, 3, 6, 6), randint(0, 3, (4, 6, 6)), "cross-entropy"))
cases.append(make("unet-bits", unet(), rand(4, 3, 4, 4), rand(4, 3, 4, 4), "bce"))
both("one-factor", nn.Sequential(Scaled(5, 4, 0.3), nn.Tanh(), Scaled(4, 3, 0.5)), rand(7, 5), randint(0, 3, (7,)), "cross-entropy")
cases.append(make("one-factor-linear", nn.Sequential(Scaled(5, 3, 0.3)), rand(7, 5), rand(7, 3), "mse", exact="expand"))
grouped = nn.Sequential(
    nn.Conv2d(2, 4, 3),
    nn.ReLU(),
    nn.Conv2d(4, 12, 2, groups=2),
    nn.ReLU(),
    nn.Conv2d(12, 12, 1, groups=12, bias=False),
    nn.Flatten(),
    nn.Linear(12, 3),
)
both("grouped", grouped, randn(5, 2, 4, 4), randint(0, 3, (5,)), "cross-entropy")
# Embeddings, which curvlinops does not take.
words = lambda: deep(4, 3, 2)
both("words", nn.Sequential(nn.Embedding(6, 4), words()), randint(0, 6, (7, 3)), rand(7, 3, 2), "mse", exact="expand")
cases.append(
    make("words-averaged", Averaged(nn.Sequential(nn.Embedding(6, 4), words())), randint(0, 6, (7, 3)), rand(7, 2), "mse", exact="reduce")
)
cases.append(
    make(
        "words-classes",
        Swapped(mlp(4, 5, 3, activation=nn.Tanh, first=[nn.Embedding(6, 4)]), (0, 2, 1)),
        randint(0, 6, (7, 3)),
        randint(0, 3, (7, 3)),
        "cross-entropy",
    )
)
json.dump(cases, open("matrices.json", "w"), indent=None)
print(len(cases), "cases")
