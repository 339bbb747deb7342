"""make.py: a filter-normalised surface of test/reference/lenet-digits, by PyTorch in float64; writes lenet-digits.json.

The directions are v.npz and, element i of each tensor, sin(1 + 0.7 i), normalised as Li et al. (2018) do: every output channel of a
convolution, every output of a linear layer as long as its weights, biases 0. Rows follow the second direction.
"""
import json
from pathlib import Path

import numpy as np
from onnx import load, numpy_helper
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
CASE = HERE.parent / "reference" / "lenet-digits"
AT = [-1.0, -0.5, 0.0, 0.5, 1.0]

model = load(CASE / "model.onnx")
theta = {i.name: torch.from_numpy(numpy_helper.to_array(i).astype("f8")) for i in model.graph.initializer}
data = np.load(CASE / "data.npz")
x, y = torch.from_numpy(data["x"].astype("f8")), torch.from_numpy(data["y"])


def normalised(raw):
    direction = {}
    for name, weights in theta.items():
        d = torch.from_numpy(raw(name).astype("f8")).reshape(weights.shape)
        if weights.dim() == 1:
            direction[name] = torch.zeros_like(d)
            continue
        for filter_, own in zip(weights, d):
            own.mul_(filter_.norm() / own.norm())
        direction[name] = d
    return direction


v = np.load(CASE / "v.npz")
first = normalised(lambda name: v[name])
second = normalised(lambda name: np.sin(1 + 0.7 * np.arange(theta[name].numel())))


def at(s, t):
    p = {name: w + s * first[name] + t * second[name] for name, w in theta.items()}
    h = F.max_pool2d(F.relu(F.conv2d(x, p["0.weight"], p["0.bias"], padding=1)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, p["3.weight"], p["3.bias"], padding=1)), 2)
    logits = F.linear(torch.flatten(h, 1), p["7.weight"], p["7.bias"])
    return F.cross_entropy(logits, y).item(), (logits.argmax(1) == y).double().mean().item()


points = [[at(s, t) for s in AT] for t in AT]
(HERE / "lenet-digits.json").write_text(json.dumps({
    "torch": torch.__version__,
    "at": AT,
    "loss": [[loss for loss, _ in row] for row in points],
    "accuracy": [[accuracy for _, accuracy in row] for row in points],
}, indent=1) + "\n")
