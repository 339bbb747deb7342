"""What rounding and pruning do to the loss of test/reference/mlp-tanh-digits, by NumPy in float64: oracle.json."""
import json, pathlib
import numpy as np
import onnx
from onnx import numpy_helper

here = pathlib.Path(__file__).parent
case = here.parent / "reference" / "mlp-tanh-digits"
weights = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in onnx.load(case / "model.onnx").graph.initializer}
data = np.load(case / "data.npz")
x, y = data["x"].astype(np.float64), data["y"].astype(int)


def loss(w):
    z = np.tanh(x @ w["0.weight"].T + w["0.bias"]) @ w["2.weight"].T + w["2.bias"]
    z = z - z.max(1, keepdims=True)
    return -(z - np.log(np.exp(z).sum(1, keepdims=True)))[np.arange(len(y)), y].mean()


def rounded(w, bits):
    """One scale for each output row of a matrix, one for a bias."""
    most = np.abs(w).max(axis=1, keepdims=True) if w.ndim == 2 else np.abs(w).max()
    scale = most / (2 ** (bits - 1) - 1)
    return (np.sign(w) * np.floor(np.abs(w) / scale + 0.5) * scale)


def pruned(w, share):
    flat = w.ravel().copy()
    flat[np.argsort(np.abs(flat), kind="stable")[: int(share * flat.size)]] = 0
    return flat.reshape(w.shape)


home = loss(weights)
changes = {"8 bits": lambda w: rounded(w, 8), "3 bits": lambda w: rounded(w, 3), "half": lambda w: pruned(w, 0.5)}
rows = [
    {"change": label, "name": name, "measured": loss({**weights, name: change(weights[name])}) - home}
    for label, change in changes.items()
    for name in weights
]
together = {label: loss({n: change(w) for n, w in weights.items()}) - home for label, change in changes.items()}
(here / "oracle.json").write_text(json.dumps({"loss": home, "rows": rows, "together": together}, indent=1) + "\n")
print(home, together)
