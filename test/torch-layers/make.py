"""K-FAC and EKFAC by their definitions in PyTorch float64: the blocks of every layer as dense matrices, example by example
and class by class, and what they make of the vector sin(1), sin(2), …

    cd test/torch-layers && /usr/bin/python3 make.py
"""

import json

import numpy as np
import torch
import torch.nn as nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
DAMPING = 0.1


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(2, 3, 3, stride=2, padding=1)
        self.f = nn.Linear(27, 4)
        self.g = nn.Linear(4, 3)

    def forward(self, x):
        return self.g(torch.tanh(self.f(torch.tanh(self.c(x)).flatten(1))))


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(5, 6)
        self.h = nn.Linear(6, 6)
        self.g = nn.Linear(6, 3)

    def forward(self, x):
        return self.g(torch.relu(self.h(torch.tanh(self.f(x)))))


def patches(module, given):
    """What the units are given, a row for each place, with 1 for the bias."""
    rows = given.reshape(1, -1)
    if isinstance(module, nn.Conv2d):
        rows = nn.functional.unfold(given, module.kernel_size, padding=module.padding, stride=module.stride)[0].T
    return torch.cat([rows, torch.ones(len(rows), 1)], 1).detach()


def make(name, net, x, y, reduction, l2):
    parameters = dict(net.named_parameters())
    modules = [(n, m) for n, m in net.named_modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    sizes = [each.numel() for each in parameters.values()]
    offsets = dict(zip(parameters, np.cumsum([0] + sizes[:-1])))
    total = sum(sizes)
    scale = 1 / len(x) if reduction == "mean" else 1.0
    seen = {}
    for n, m in modules:
        m.register_forward_hook(lambda m, i, o, n=n: seen.__setitem__(n, (i[0], o)))
    A, G, scores = {n: 0 for n, _ in modules}, {n: 0 for n, _ in modules}, []
    for i in range(len(x)):
        z = net(x[i : i + 1])[0]
        p = torch.softmax(z, 0)
        for n, m in modules:
            rows = patches(m, seen[n][0])
            A[n] = A[n] + rows.T @ rows / len(rows) / len(x)
        for c in range(3):
            surprise = -torch.log_softmax(z, 0)[c]
            wrt = [seen[n][1] for n, _ in modules] + list(parameters.values())
            found = torch.autograd.grad(surprise, wrt, retain_graph=True)
            for (n, _), d in zip(modules, found):
                rows = d[0].reshape(d.shape[1], -1).T if d.dim() == 4 else d
                G[n] = G[n] + p[c].item() * scale * (rows.T @ rows)
            scores.append((p[c].item() * scale, torch.cat([g.flatten() for g in found[len(modules) :]]).numpy()))
    kfac, ekfac = np.zeros((total, total)), np.zeros((total, total))
    diagonal = sum(w * g**2 for w, g in scores)
    for n, _ in modules:
        g, a = G[n].numpy(), A[n].numpy()
        rows, columns = len(g), len(a)
        weighted = columns - 1
        places = [
            offsets[n + ".weight"] + r * weighted + c if c < weighted else offsets[n + ".bias"] + r
            for r in range(rows)
            for c in range(columns)
        ]
        Q = np.kron(np.linalg.eigh(g)[1], np.linalg.eigh(a)[1])
        kfac[np.ix_(places, places)] = np.kron(g, a)
        ekfac[np.ix_(places, places)] = Q @ np.diag(sum(w * (Q.T @ s[places]) ** 2 for w, s in scores)) @ Q.T
    v = np.sin(np.arange(1, total + 1))
    unit = np.eye(total)
    torch.onnx.export(
        net, x, name + ".onnx", input_names=["x"], dynamic_axes={"x": {0: "N"}}, opset_version=13, output_names=["z"]
    )
    np.savez(name + ".npz", x=x.numpy(), y=y.numpy())
    return dict(
        name=name,
        reduction=reduction,
        l2=l2,
        damping=DAMPING,
        diagonal=list(diagonal + l2),
        kfac=list(kfac @ v + l2 * v),
        ekfac=list(ekfac @ v + l2 * v),
        kfacInverse=list(np.linalg.solve(kfac + (l2 + DAMPING) * unit, v)),
        ekfacInverse=list(np.linalg.solve(ekfac + (l2 + DAMPING) * unit, v)),
    )


images, classes = torch.randn(9, 2, 6, 6), torch.randint(0, 3, (9,))
rows, others = torch.randn(11, 5), torch.randint(0, 3, (11,))
cases = [
    make("convolutional", Convolutional(), images, classes, "mean", 0.0),
    make("summed", Convolutional(), images, classes, "sum", 0.01),
    make("perceptron", Perceptron(), rows, others, "mean", 0.003),
]
json.dump(cases, open("layers.json", "w"), indent=1)
