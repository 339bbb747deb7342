"""What NumPy and PyTorch say of networks that are run forward only: writes models, data, checkpoints and figures.json here.

Needs torch, numpy, scipy, onnx.
- quadratic: x W, then an axis behind it (by an operator without a rule) and a discrete Fourier transform, in float64: the loss is
  a quadratic of W;
- determinant: a determinant of 2×2 matrices in the middle, in float32;
- quantised: a weight that is rounded to 8 bits (QuantizeLinear, DequantizeLinear) in a trained classifier, in float32.
"""
import json, os
import numpy as np, onnx, torch
from onnx import TensorProto as T, helper as h, numpy_helper as nh
from scipy.optimize import brentq

here = os.path.dirname(os.path.abspath(__file__))
at = lambda name: os.path.join(here, name)
rng = np.random.default_rng(5)
torch.set_default_dtype(torch.float64)


def save(name, nodes, tensors, kind, width, outputs):
    graph = h.make_graph(
        nodes, name, [h.make_tensor_value_info("x", kind, ["n", width])], [h.make_tensor_value_info("y", kind, ["n", outputs])],
        [nh.from_array(value, key) for key, value in tensors.items()],
    )
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)] + [h.make_opsetid(node.domain, 1) for node in nodes if node.domain])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, at(name + ".onnx"))


def checkpoints(name, loss, start, float_type, rate, count=3):
    """Steps of gradient descent, each saved; what float64 says of them."""
    theta = {key: torch.tensor(value.astype(np.float64), requires_grad=True) for key, value in start.items()}
    found = []
    for k in range(count):
        saved = {key: value.detach().numpy().astype(float_type) for key, value in theta.items()}
        np.savez(at(f"{name}-{k}.npz"), **saved)
        found.append(saved)
        g = torch.autograd.grad(loss(theta), list(theta.values()))
        with torch.no_grad():
            theta = {key: (value - rate * each).requires_grad_() for (key, value), each in zip(theta.items(), g)}
    return found


def flat(tensors):
    return np.concatenate([np.asarray(value, dtype=np.float64).reshape(-1) for value in tensors.values()])


def along(loss, a, b, t):
    return float(loss({key: torch.tensor(a[key].astype(np.float64) + t * (b[key].astype(np.float64) - a[key].astype(np.float64))) for key in a}))


def figures(loss, saved, exact=True):
    points = [{"loss": along(loss, a, a, 0)} for a in saved]
    steps = []
    for a, b in zip(saved, saved[1:]):
        d = flat(b) - flat(a)
        step = {"length": float(np.linalg.norm(d)), "change": along(loss, a, b, 1) - along(loss, a, a, 0)}
        if exact:
            t = torch.zeros((), requires_grad=True)
            value = loss({key: torch.tensor(a[key].astype(np.float64)) + t * torch.tensor(b[key].astype(np.float64) - a[key].astype(np.float64)) for key in a})
            (slope,) = torch.autograd.grad(value, t, create_graph=True)
            (curvature,) = torch.autograd.grad(slope, t)
            change = lambda t: along(loss, a, b, t) - along(loss, a, a, 0)
            times = np.linspace(0.02, 40, 2000)
            first = next(i for i, t in enumerate(times) if change(t) > 0)
            multiple = brentq(change, times[first - 1], times[first], xtol=1e-14)
            step |= {
                "slope": slope.item(),
                "quotient": curvature.item() / float(d @ d),
                "multiple": multiple,
                "sharpness": 2 * abs(slope.item()) / (multiple * float(d @ d)),
            }
        steps.append(step)
    return {"points": points, "steps": steps}


truth = {}

# A quadratic.
x, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 8))
w = {"fc.weight": rng.normal(size=(3, 4)) * 0.5}
save(
    "quadratic",
    [
        h.make_node("MatMul", ["x", "fc.weight"], ["m"], name="fc"),
        h.make_node("ExpandDims", ["m", "last"], ["u"], name="expand", domain="com.microsoft"),
        h.make_node("DFT", ["u"], ["f"], name="dft", axis=1),
        h.make_node("Flatten", ["f"], ["y"], name="flatten"),
    ],
    w | {"last": np.array(2, np.int32)}, T.DOUBLE, 3, 8,
)
np.savez(at("quadratic-data.npz"), x=x, y=y)


def quadratic(p):
    f = torch.fft.fft(torch.tensor(x) @ p["fc.weight"], dim=1)
    return ((torch.stack([f.real, f.imag], dim=2).reshape(9, 8) - torch.tensor(y)) ** 2).mean()


truth["quadratic"] = figures(quadratic, checkpoints("quadratic", quadratic, w, np.float64, 0.1))

# A determinant.
x32, y32 = rng.normal(size=(14, 3)).astype(np.float32), rng.normal(size=(14, 2)).astype(np.float32)
w = {
    "fc1.weight": (rng.normal(size=(3, 4)) * 0.7).astype(np.float32),
    "fc2.weight": (rng.normal(size=(1, 2)) * 0.7).astype(np.float32),
    "fc2.bias": np.zeros(2, np.float32),
}
save(
    "determinant",
    [
        h.make_node("MatMul", ["x", "fc1.weight"], ["m"], name="fc1"),
        h.make_node("Reshape", ["m", "square"], ["s"], name="reshape"),
        h.make_node("Det", ["s"], ["d"], name="det"),
        h.make_node("ExpandDims", ["d", "last"], ["u"], name="expand", domain="com.microsoft"),
        h.make_node("Gemm", ["u", "fc2.weight", "fc2.bias"], ["y"], name="fc2"),
    ],
    w | {"square": np.array([-1, 2, 2]), "last": np.array(1, np.int32)}, T.FLOAT, 3, 2,
)
np.savez(at("determinant-data.npz"), x=x32, y=y32)


def determinant(p):
    m = (torch.tensor(x32.astype(np.float64)) @ p["fc1.weight"]).reshape(14, 2, 2)
    return ((torch.linalg.det(m).unsqueeze(1) @ p["fc2.weight"] + p["fc2.bias"] - torch.tensor(y32.astype(np.float64))) ** 2).mean()


truth["determinant"] = figures(determinant, checkpoints("determinant", determinant, w, np.float32, 0.05))

# A trained classifier whose first weight is rounded to 8 bits.
xq = rng.normal(size=(60, 4)).astype(np.float32)
yq = (xq[:, 0] * xq[:, 1] + 0.3 * xq[:, 2] > 0).astype(np.int64) + (xq[:, 3] > 0.8)
scale = np.float32(0.02)
w = {
    "fc1.weight": (rng.normal(size=(4, 10)) * 0.5).astype(np.float32),
    "fc1.bias": np.zeros(10, np.float32),
    "fc2.weight": (rng.normal(size=(10, 3)) * 0.5).astype(np.float32),
    "fc2.bias": np.zeros(3, np.float32),
}
save(
    "quantised",
    [
        h.make_node("QuantizeLinear", ["fc1.weight", "scale", "zero"], ["q"], name="quantise"),
        h.make_node("DequantizeLinear", ["q", "scale", "zero"], ["r"], name="dequantise"),
        h.make_node("Gemm", ["x", "r", "fc1.bias"], ["m"], name="fc1"),
        h.make_node("Tanh", ["m"], ["t"], name="tanh"),
        h.make_node("Gemm", ["t", "fc2.weight", "fc2.bias"], ["y"], name="fc2"),
    ],
    w | {"scale": scale, "zero": np.int8(0)}, T.FLOAT, 4, 3,
)
np.savez(at("quantised-data.npz"), x=xq, y=yq)


def scores(p, round_to):
    return torch.tanh(torch.tensor(xq.astype(np.float64)) @ round_to(p["fc1.weight"]) + p["fc1.bias"]) @ p["fc2.weight"] + p["fc2.bias"]


def classifier(round_to):
    return lambda p: torch.nn.functional.cross_entropy(scores(p, round_to), torch.tensor(yq))


def rounded(weight):
    # In the file's own arithmetic: float32, half to even.
    w32 = weight.detach().numpy().astype(np.float32)
    q = np.clip(np.rint(w32 / scale), -128, 127).astype(np.float32)
    return torch.tensor((q * scale).astype(np.float64))


straight = lambda weight: weight + (rounded(weight) - weight).detach()
saved = checkpoints("quantised", classifier(straight), w, np.float32, 0.5, 5)
real = classifier(rounded)
truth["quantised"] = figures(real, saved, exact=False)
for a, point in zip(saved, truth["quantised"]["points"]):
    z = scores({key: torch.tensor(value.astype(np.float64)) for key, value in a.items()}, rounded)
    point["accuracy"] = float((z.argmax(1).numpy() == yq).mean())
for a, b, step in zip(saved, saved[1:], truth["quantised"]["steps"]):
    step["along"] = [along(real, a, b, t) - along(real, a, a, 0) for t in np.arange(0, 60.25, 0.25)]

with open(at("figures.json"), "w") as file:
    json.dump(truth, file, indent=1)
    file.write("\n")
for name, each in truth.items():
    print(name, [p["loss"] for p in each["points"]], [{k: v for k, v in s.items() if k != "along"} for s in each["steps"]])
