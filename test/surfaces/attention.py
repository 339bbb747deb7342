"""attention.py: losses along filter-normalised lines of an attention layer of two heads, by NumPy in float64; writes attention.json.

Element i of tensor k of weights is sin(0.7 i + k), of its direction cos(1.3 i + k), k counting the tensors in the order of
SHAPES; of x sin(0.9 i), of y cos(0.4 i). A filter of wq, wk and wv is a head, one of wo an output. Biases stay, or take the
factor of their filter. The bias of the queries is added behind the cut into heads, [heads, 1, width].
"""
import json
from pathlib import Path

import numpy as np

EXAMPLES, POSITIONS, HEADS, WIDTH = 7, 4, 2, 3
UNITS = HEADS * WIDTH
SHAPES = {
    "wq": (UNITS, UNITS), "bq": (HEADS, 1, WIDTH), "wk": (UNITS, UNITS), "bk": (UNITS,),
    "wv": (UNITS, UNITS), "wo": (UNITS, UNITS), "bo": (UNITS,),
}
AT = [-1.0, -0.5, 0.0, 0.5, 1.0]


def waves(shape, of, frequency, shift=0):
    return of(frequency * np.arange(np.prod(shape)) + shift).reshape(shape)


theta = {name: waves(shape, np.sin, 0.7, k) for k, (name, shape) in enumerate(SHAPES.items())}
raw = {name: waves(shape, np.cos, 1.3, k) for k, (name, shape) in enumerate(SHAPES.items())}
# Files of data hold float32.
x = waves((EXAMPLES, POSITIONS, UNITS), np.sin, 0.9).astype("f4").astype("f8")
y = waves((EXAMPLES, POSITIONS, UNITS), np.cos, 0.4).astype("f4").astype("f8")


def factors(name):
    """‖θ_j‖ / ‖d_j‖ for every column of a matrix: of its head, or of its own."""
    squares = [np.sum(each[name] ** 2, axis=0) for each in (theta, raw)]
    if name != "wo":
        squares = [np.repeat(each.reshape(HEADS, WIDTH).sum(axis=1), WIDTH) for each in squares]
    return np.sqrt(squares[0] / squares[1])


def normalised(with_offsets):
    scale = {"wq": factors("wq"), "wk": factors("wk"), "wv": factors("wv"), "wo": factors("wo")}
    direction = {name: raw[name] * scale[name] for name in scale}
    for bias, weights in {"bq": "wq", "bk": "wk", "bo": "wo"}.items():
        direction[bias] = raw[bias] * scale[weights].reshape(raw[bias].shape) * with_offsets
    return direction


def example_losses(p):
    cut = lambda h: h.reshape(EXAMPLES, POSITIONS, HEADS, WIDTH).transpose(0, 2, 1, 3)
    q, k, v = cut(x @ p["wq"]) + p["bq"], cut(x @ p["wk"] + p["bk"]), cut(x @ p["wv"])
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(WIDTH)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed = (weights @ v).transpose(0, 2, 1, 3).reshape(EXAMPLES, POSITIONS, UNITS)
    return ((mixed @ p["wo"] + p["bo"] - y) ** 2).mean(axis=(1, 2))


def line(with_offsets):
    direction = normalised(with_offsets)
    losses = [example_losses({name: w + t * direction[name] for name, w in theta.items()}) for t in AT]
    return {
        "loss": [each.mean() for each in losses],
        "standardError": [each.std(ddof=1) / np.sqrt(EXAMPLES) for each in losses],
    }


Path(__file__).with_suffix(".json").write_text(json.dumps({
    "numpy": np.__version__, "at": AT, "zero": line(False), "include": line(True),
}, indent=1) + "\n")
