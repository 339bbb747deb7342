"""Writes matrix-paths.json: where Muon, Shampoo, SOAP and SAM go on a small network in float64, written here from their papers with
torch's eigendecompositions. Run with Debian's python3."""
import json, pathlib, torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
EXAMPLES = 7


def network(hidden, inputs, outputs):
    x, y = torch.randn(EXAMPLES, inputs), torch.randn(EXAMPLES, outputs)
    return x, y, [torch.randn(hidden, inputs), torch.randn(hidden), torch.randn(outputs, hidden)]


# Square matrices have one eigenbasis on either side; others leave it open where their squares are singular.
NETWORKS = {"oblong": network(5, 3, 2), "square": network(3, 3, 3)}


def loss(weights, x, y):
    w, b, v = weights
    return ((torch.tanh(x @ w.T + b) @ v.T - y) ** 2).sum() / 2


def newton_schulz(g, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = g.shape[0] > g.shape[1]
    m = g.T if tall else g
    m = m / (m.norm() + 1e-7)
    for _ in range(steps):
        s = m @ m.T
        m = a * m + (b * s + c * s @ s) @ m
    return m.T if tall else m


def muon(lr=0.02, momentum=0.95, vector_lr=3e-4, decay=0.0):
    buffers, adam = {}, None

    def step(weights, gradients, t):
        nonlocal adam
        if adam is None:
            vectors = [w for w in weights if w.dim() < 2]
            adam = torch.optim.AdamW(vectors, lr=vector_lr, betas=(0.9, 0.95), eps=1e-10, weight_decay=decay)
        for i, (w, g) in enumerate(zip(weights, gradients)):
            if w.dim() < 2:
                w.grad = g
                continue
            m = buffers.setdefault(i, torch.zeros_like(g))
            m.lerp_(g, 1 - momentum)
            update = newton_schulz(g.lerp(m, momentum)) * max(1, w.shape[0] / w.shape[1]) ** 0.5
            w.data.mul_(1 - lr * decay).sub_(lr * update)
        adam.step()

    return step


def root(matrix, power):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values ** power) @ vectors.T


def shampoo(lr=0.1, eps=1e-4):
    kept = {}

    def step(weights, gradients, t):
        for i, (w, g) in enumerate(zip(weights, gradients)):
            if w.dim() < 2:
                s = kept.setdefault(i, torch.full_like(g, eps))
                s += g * g
                w.data -= lr * g / s.sqrt()
                continue
            l, r = kept.setdefault(i, (eps * torch.eye(g.shape[0]), eps * torch.eye(g.shape[1])))
            l += g @ g.T
            r += g.T @ g
            w.data -= lr * root(l, -0.25) @ g @ root(r, -0.25)

    return step


def soap(lr=3e-3, beta1=0.95, beta2=0.95, shampoo_beta=0.95, eps=1e-8, frequency=10):
    kept = {}

    def step(weights, gradients, t):
        for i, (w, g) in enumerate(zip(weights, gradients)):
            k = kept.setdefault(i, {"m": torch.zeros_like(g), "v": torch.zeros_like(g)})
            if t == 1:
                # As in the authors' soap.py: the first gradient makes the first bases, and no step.
                if w.dim() >= 2:
                    k["l"], k["r"] = (1 - shampoo_beta) * g @ g.T, (1 - shampoo_beta) * g.T @ g
                    k["ql"], k["qr"] = torch.linalg.eigh(k["l"])[1], torch.linalg.eigh(k["r"])[1]
                continue
            into = (lambda a: k["ql"].T @ a @ k["qr"]) if w.dim() >= 2 else (lambda a: a)
            out = (lambda a: k["ql"] @ a @ k["qr"].T) if w.dim() >= 2 else (lambda a: a)
            k["m"] = beta1 * k["m"] + (1 - beta1) * g
            k["v"] = beta2 * k["v"] + (1 - beta2) * into(g) ** 2
            n = into(k["m"]) / (1 - beta1 ** (t - 1)) / ((k["v"] / (1 - beta2 ** (t - 1))).sqrt() + eps)
            w.data -= lr * out(n)
            if w.dim() >= 2:
                k["l"] = shampoo_beta * k["l"] + (1 - shampoo_beta) * g @ g.T
                k["r"] = shampoo_beta * k["r"] + (1 - shampoo_beta) * g.T @ g
                if t % frequency == 0:
                    k["ql"], k["qr"] = torch.linalg.eigh(k["l"])[1], torch.linalg.eigh(k["r"])[1]

    return step


def sam(lr=1e-3, rho=0.05, momentum=0.0, decay=0.0):
    base = None

    def step(weights, gradients, t):
        nonlocal base
        base = base or torch.optim.SGD(weights, lr=lr, momentum=momentum, weight_decay=decay)
        length = sum((g * g).sum() for g in gradients).sqrt()
        x, y, _ = NETWORKS["oblong"]
        there = [(w + rho * g / length).detach().requires_grad_() for w, g in zip(weights, gradients)]
        for w, g in zip(weights, torch.autograd.grad(loss(there, x, y), there)):
            w.grad = g
        base.step()

    return step


CASES = [
    ("oblong", "muon", {}, muon()),
    ("oblong", "muon", {"lr": 0.01, "momentum": 0.8, "weightDecay": 0.1, "vectorLr": 0.01}, muon(0.01, 0.8, 0.01, 0.1)),
    ("oblong", "shampoo", {}, shampoo()),
    ("oblong", "sam", {"lr": 0.01}, sam(0.01)),
    ("oblong", "sam", {"lr": 0.01, "rho": 0.2, "momentum": 0.9, "weightDecay": 0.01}, sam(0.01, 0.2, 0.9, 0.01)),
    # In the eigenbasis of the first gradient that gradient is diagonal: with a small ε the rest of the step is rounding over rounding.
    ("square", "soap", {"eps": 0.01}, soap(eps=0.01)),
    ("square", "soap", {"eps": 0.01, "frequency": 3, "beta1": 0.9}, soap(eps=0.01, frequency=3, beta1=0.9)),
]
flat = lambda tensors: [z for w in tensors for z in w.detach().flatten().tolist()]
rows = []
for name, optimizer, options, step in CASES:
    x, y, start = NETWORKS[name]
    weights = [torch.nn.Parameter(w.clone()) for w in start]
    path = []
    for t in range(1, 61):
        step(weights, torch.autograd.grad(loss(weights, x, y), weights), t)
        if t % 12 == 0:
            path.append(flat(weights))
    rows.append({"network": name, "optimizer": optimizer, "options": options, "every": 12, "path": path})
networks = {
    name: {"x": x.tolist(), "y": y.tolist(), "start": flat(start), "shapes": [list(w.shape) for w in start]}
    for name, (x, y, start) in NETWORKS.items()
}
out = pathlib.Path(__file__).with_name("matrix-paths.json")
out.write_text(json.dumps({"torch": torch.__version__, "networks": networks, "rows": rows}) + "\n")
