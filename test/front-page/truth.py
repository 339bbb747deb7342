"""The numbers of `npm start`, by another program: dense, in float64, with NumPy alone.

python3 test/front-page/truth.py WEIGHTS.npz > test/front-page/truth.json

WEIGHTS.npz holds the four tensors of assets/digits.onnx under their names. The Hessian of a network with one
hidden layer of tanh and cross-entropy, from its formulas: H = sum J' (diag p - pp') J + sum of (p - y) times the
second derivatives of the outputs.
"""
import csv
import gzip
import json
import sys

import numpy as np

w = np.load(sys.argv[1])
W1, b1, W2, b2 = (w[k].astype(np.float64) for k in ("hidden.weight", "hidden.bias", "output.weight", "output.bias"))
if W1.shape[1] != 64:
    W1 = W1.T
if W2.shape[1] != W1.shape[0]:
    W2 = W2.T
hidden, inputs = W1.shape
classes = W2.shape[0]
table = list(csv.reader(gzip.open("assets/digits.csv.gz", "rt")))
try:
    float(table[0][0])
except ValueError:
    table = table[1:]
rows = np.array(table, dtype=np.float64)
limit = int(sys.argv[2]) if len(sys.argv) > 2 else len(rows)
x, y = rows[:limit, :-1] / 16, rows[:limit, -1].astype(int)
n = len(x)
h = np.tanh(x @ W1.T + b1)
z = h @ W2.T + b2
z -= z.max(1, keepdims=True)
p = np.exp(z)
p /= p.sum(1, keepdims=True)
loss = -np.log(p[np.arange(n), y]).mean()
r = p.copy()
r[np.arange(n), y] -= 1
s = 1 - h**2
# Order of the parameters: hidden.weight (unit by input), hidden.bias, output.weight (class by unit), output.bias.
D = hidden * inputs + hidden + classes * hidden + classes
o1, o2, o3 = hidden * inputs, hidden * inputs + hidden, hidden * inputs + hidden + classes * hidden


def rows_of(weights_on_classes):
    """Gradient of sum_c u_c z_c for each example, u of shape [n, classes]."""
    u = weights_on_classes
    d = (u @ W2) * s
    return np.concatenate(
        [(d[:, :, None] * x[:, None, :]).reshape(n, -1), d, (u[:, :, None] * h[:, None, :]).reshape(n, -1), u], 1
    )


g = rows_of(r)
G = np.zeros((D, D))
mean_row = np.zeros((n, D))
for c in range(classes):
    u = np.zeros((n, classes))
    u[:, c] = 1
    J = rows_of(u)
    G += (J * p[:, c : c + 1]).T @ J
    mean_row += p[:, c : c + 1] * J
G = (G - mean_row.T @ mean_row) / n
# H - G: second derivatives of z along the residual r. d2z_c/da_j2 = W2_cj tanh'' ; d2z_c/(dW2_cj da_j) = tanh'.
R = np.zeros((D, D))
bend = (r @ W2) * (-2 * h * s)
x1 = np.concatenate([x, np.ones((n, 1))], 1)
for j in range(hidden):
    at = np.concatenate([np.arange(j * inputs, (j + 1) * inputs), [o1 + j]])
    R[np.ix_(at, at)] += (x1 * bend[:, j : j + 1]).T @ x1 / n
    for c in range(classes):
        cross = (x1 * (r[:, c] * s[:, j])[:, None]).sum(0) / n
        R[at, o2 + c * hidden + j] += cross
        R[o2 + c * hidden + j, at] += cross
H = G + R
values = np.linalg.eigvalsh(H)
residual = np.linalg.eigvalsh(R)
gradient = g.mean(0)
S = g.T @ g / n - np.outer(gradient, gradient)
noise, U = np.linalg.eigh(S)
_, V = np.linalg.eigh(H)


def at(theta):
    """Loss and length of its gradient at other parameters."""
    A1, c1 = theta[:o1].reshape(hidden, inputs), theta[o1:o2]
    A2, c2 = theta[o2:o3].reshape(classes, hidden), theta[o3:]
    t1 = np.tanh(x @ A1.T + c1)
    t2 = t1 @ A2.T + c2
    t2 -= t2.max(1, keepdims=True)
    q = np.exp(t2)
    q /= q.sum(1, keepdims=True)
    e = q.copy()
    e[np.arange(n), y] -= 1
    d = (e @ A2) * (1 - t1**2)
    parts = (d.T @ x, d.sum(0), e.T @ t1, e.sum(0))
    norm = np.sqrt(sum(((each / n) ** 2).sum() for each in parts))
    return float(-np.log(q[np.arange(n), y]).mean()), float(norm)


def line(index):
    """Along an eigenvector, downhill, as far as gradient and curvature need to change the loss by itself."""
    v = V[:, index] * (-1 if gradient @ V[:, index] > 0 else 1)
    slope, bend = abs(gradient @ v), abs(values[index])
    reach = max(np.roots([bend / 2, slope, -loss]).real)
    theta = np.concatenate([W1.ravel(), b1, W2.ravel(), b2])
    steps = np.linspace(-reach, reach, 11)
    losses, norms = zip(*(at(theta + t * v) for t in steps))
    gap = np.sort(np.abs(values - values[index]))[1]
    return {"step": steps.tolist(), "loss": losses, "gradientNorm": norms, "gap": float(gap)}


squares = np.sort((g**2).sum(1))
lengths = squares.sum()
k = 5
print(
    json.dumps(
        {
            "loss": loss,
            "accuracy": float((p.argmax(1) == y).mean()),
            "gradientNorm": float(np.linalg.norm(gradient)),
            "top": values[::-1][:5].tolist(),
            "bottom": values[:3].tolist(),
            "trace": float(np.trace(H)),
            "frobenius": float(np.linalg.norm(H)),
            "stableRank": float((values**2).sum() / values[-1] ** 2),
            "eigenvalues": [float("%.9g" % v) for v in values],
            "gaussNewton": {"top": float(np.linalg.eigvalsh(G)[-1]), "trace": float(np.trace(G))},
            "residual": {"top": residual[-1], "bottom": residual[0], "trace": float(np.trace(R))},
            "layers": {
                "hidden": float(np.trace(H[:o2, :o2])),
                "output": float(np.trace(H[o2:, o2:])),
            },
            "lines": [line(-1), line(0)],
            "noise": {
                "trace": float(np.trace(S)),
                "top": float(noise[-1]),
                "sample": float(np.trace(S) / (gradient @ gradient)),
                "cosine": float((S * H).sum() / np.linalg.norm(S) / np.linalg.norm(H)),
                "curvatureAlongNoise": float((S * H).sum() / np.trace(S)),
                "overlap": float((U[:, -k:].T @ V[:, -k:]).__pow__(2).sum() / k),
                "shareOfTopTenth": float(squares[n - n // 10 :].sum() / lengths),
            },
        }
    )
)
