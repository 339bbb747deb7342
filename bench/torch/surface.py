"""surface.py FOLDER NAME SIDE: a surface of NAME on 5 000 examples as people script it; some rows of it for each line on stdin.

Writes FOLDER/surface.npz (x, y: the data, the same for both sides), then one JSON line: the batch that is fastest here and
the loss at the weights. For each line, a list of rows (-1 ... 1), it computes SIDE points a row and answers with
milliseconds. The weights of a point are copied into the model, the data go through it, loss and accuracy are added up.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from models import build

EXAMPLES = 5000
BATCHES = (128, 250, 500, 1000, 2500, 5000)

folder, name, side = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
model, sample, _ = build(name)
generator = torch.Generator().manual_seed(5)
x = torch.randn((EXAMPLES, *sample.shape[1:]), generator=generator)
y = torch.randint(0, 10, (EXAMPLES,), generator=generator)
np.savez(folder / "surface.npz", x=x.numpy(), y=y.numpy())
parameters = list(model.parameters())
theta = [p.detach().clone() for p in parameters]


def direction():
    d = [torch.randn(p.shape, generator=generator) for p in theta]
    return [a * (w.norm() / a.norm()) if w.dim() > 1 else torch.zeros_like(a) for a, w in zip(d, theta)]


first, second = direction(), direction()


@torch.no_grad()
def at(s, t, batch):
    for p, w, a, b in zip(parameters, theta, first, second):
        p.copy_(w + s * a + t * b)
    loss, right = 0.0, 0
    for start in range(0, EXAMPLES, batch):
        logits, labels = model(x[start:start + batch]), y[start:start + batch]
        loss += F.cross_entropy(logits, labels, reduction="sum").item()
        right += (logits.argmax(1) == labels).sum().item()
    return loss / EXAMPLES, right / EXAMPLES


def clocked(points, batch):
    begun = time.perf_counter()
    for s, t in points:
        at(s, t, batch)
    return 1000 * (time.perf_counter() - begun)


best = min(BATCHES, key=lambda batch: min(clocked([(0.1, 0.1)], batch) for _ in range(3)))
print(json.dumps({"batch": best, "loss": at(0, 0, best)[0]}), flush=True)
for line in sys.stdin:
    rows = [float(word) for word in line.split()]
    points = [(2 * i / (side - 1) - 1, t) for t in rows for i in range(side)]
    print(clocked(points, best), flush=True)
