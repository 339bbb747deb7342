"""Writes the cases made here (the others are kept as they were found): ONNX by hand, oracle by PyTorch in float64.

python3 make.py, with PyTorch and NumPy.
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while True:
        b, n = n & 127, n >> 7
        out += bytes([b | (128 if n else 0)])
        if not n:
            return out


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, a):
    kind = 7 if a.dtype == np.int64 else 1
    return b"".join(field(1, d) for d in a.shape) + field(2, kind) + field(8, name) + field(9, a.tobytes())


def attribute(name, value):
    if isinstance(value, np.ndarray):
        return field(1, name) + field(5, tensor("", value)) + field(20, 4)
    if isinstance(value, list) and isinstance(value[0], float):
        return field(1, name) + b"".join(varint(7 << 3 | 5) + struct.pack("<f", v) for v in value) + field(20, 6)
    if isinstance(value, list):
        return field(1, name) + b"".join(field(8, v) for v in value) + field(20, 7)
    return field(1, name) + field(3, value) + field(20, 2)


def node(op, inputs, outputs, name="", **attributes):
    body = b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs)
    body += field(3, name or outputs[0]) + field(4, op)
    return body + b"".join(field(5, attribute(k, v)) for k, v in attributes.items())


def value(name, kind, shape):
    dims = b"".join(field(1, field(2, d) if isinstance(d, str) else field(1, d)) for d in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, dims)))


def model(nodes, tensors, x, y):
    graph = b"".join(field(1, n) for n in nodes) + field(2, "g")
    graph += b"".join(field(5, tensor(k, v)) for k, v in tensors.items())
    graph += field(11, value("x", 1, x)) + field(12, value("out", 1, y))
    return field(1, 8) + field(2, "pytorch") + field(7, graph) + field(8, field(1, "") + field(2, 17))


def case(name, nodes, tensors, trained, x, forward):
    """`trained` maps the name of a parameter to its float32 values; `forward` is the network in float64."""
    rng = np.random.default_rng(sum(map(ord, name)))
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    y = rng.integers(0, 3, len(x)).astype(np.int64)
    np.savez(os.path.join(folder, "data.npz"), x=x, y=y)
    with open(os.path.join(folder, "model.onnx"), "wb") as file:
        file.write(model(nodes, tensors, ["N", *x.shape[1:]], ["N", 3]))
    p = {k: torch.tensor(v.astype(np.float64), requires_grad=True) for k, v in trained.items()}
    loss = F.cross_entropy(forward(torch.tensor(x.astype(np.float64)), p), torch.tensor(y))
    loss.backward()
    gradient = {
        k: {"shape": list(v.shape), "norm": v.grad.norm().item(), "first": v.grad.flatten()[:4].tolist()}
        for k, v in p.items()
    }
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump({"loss": loss.item(), "gradient": gradient}, file, indent=1)


def f32(seed, *shape):
    return np.random.default_rng(seed).normal(0, 0.7, shape).astype(np.float32)


def tied():
    # A convolution whose kernel is also, reshaped and transposed, the matrix of a later layer.
    w, o = f32(1, 5, 4, 1, 1), f32(2, 4, 3)
    matrix = np.ascontiguousarray(w.reshape(5, 4))
    case(
        "tied-kernel-reshaped",
        [
            node("Conv", ["x", "enc.weight"], ["h"]),
            node("ReduceMean", ["h"], ["m"], axes=[2, 3], keepdims=0),
            node("Tanh", ["m"], ["t"]),
            node("MatMul", ["t", "onnx::MatMul_9"], ["d"], "/dec/MatMul"),
            node("MatMul", ["d", "head.weight"], ["out"]),
        ],
        {"enc.weight": w, "onnx::MatMul_9": matrix, "head.weight": o},
        {"enc.weight": w, "head.weight": o},
        f32(3, 12, 4, 2, 2),
        lambda x, p: torch.tanh(F.conv2d(x, p["enc.weight"]).mean((2, 3))) @ p["enc.weight"].reshape(5, 4) @ p["head.weight"],
    )
    # Encoder and decoder of one matrix under names of their own, transposed.
    w, o = f32(4, 4, 5), f32(5, 4, 3)
    case(
        "tied-transposed-under-own-names",
        [
            node("MatMul", ["x", "enc.weight"], ["h"]),
            node("Sigmoid", ["h"], ["s"]),
            node("MatMul", ["s", "dec.weight"], ["d"]),
            node("MatMul", ["d", "head.weight"], ["out"]),
        ],
        {"enc.weight": w, "dec.weight": np.ascontiguousarray(w.T), "head.weight": o},
        {"enc.weight": w, "head.weight": o},
        f32(6, 12, 4),
        lambda x, p: torch.sigmoid(x @ p["enc.weight"]) @ p["enc.weight"].T @ p["head.weight"],
    )


def bounds():
    w, o, b = f32(7, 4, 5), f32(8, 5, 3), f32(9, 3)
    low, high = np.float32(-0.3), np.float32(0.6)
    case(
        "trained-limits",
        [
            node("MatMul", ["x", "fc.weight"], ["h"]),
            node("Clip", ["h", "act.low", "act.high"], ["c"]),
            node("Constant", [], ["bias"], value_floats=[float(v) for v in b]),
            node("MatMul", ["c", "head.weight"], ["l"]),
            node("Add", ["l", "bias"], ["out"]),
        ],
        {"fc.weight": w, "act.low": np.array(low), "act.high": np.array(high), "head.weight": o},
        {"fc.weight": w, "act.low": np.array(low), "act.high": np.array(high), "head.weight": o, "bias": b},
        f32(10, 12, 4),
        lambda x, p: torch.minimum(torch.maximum(x @ p["fc.weight"], p["act.low"]), p["act.high"]) @ p["head.weight"] + p["bias"],
    )


def masked():
    # A pruned layer behind weight norm: only direction, length and the bias are trained.
    v, g, b = f32(11, 4, 3), np.ones((1, 3), np.float32), np.zeros(3, np.float32)
    mask = (np.arange(12).reshape(4, 3) % 3 > 0).astype(np.float32)
    case(
        "weight-norm-and-pruning",
        [
            node("ReduceL2", ["fc.weight_v"], ["n"], axes=[0], keepdims=1),
            node("Div", ["fc.weight_v", "n"], ["u"]),
            node("Mul", ["u", "fc.weight_g"], ["w"]),
            node("Mul", ["w", "fc.weight_mask"], ["k"]),
            node("Gemm", ["x", "k", "fc.bias"], ["out"]),
        ],
        {"fc.weight_v": v, "fc.weight_g": g, "fc.weight_mask": mask, "fc.bias": b},
        {"fc.weight_v": v, "fc.weight_g": g, "fc.bias": b},
        f32(12, 12, 4),
        lambda x, p: x @ (p["fc.weight_v"] / p["fc.weight_v"].norm(dim=0, keepdim=True) * p["fc.weight_g"] * torch.tensor(mask.astype(np.float64))) + p["fc.bias"],
    )


tied()
bounds()
masked()
