"""What PyTorch in float64 says of two checkpoints of a small network: writes model, data, checkpoints and figures.json here.

Needs torch, numpy, scipy, onnx. Hessians are whole, by double backward; batches are all there are of their size.
"""
import itertools, json, os, struct
import numpy as np
import torch
from scipy.optimize import brentq

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
here = os.path.dirname(os.path.abspath(__file__))
at = lambda name: os.path.join(here, name)

n, size, flat = 7, 3, 0.1
x = torch.linspace(-1, 1, n).unsqueeze(1)
y = torch.cos(3 * torch.acos(x.clamp(-1, 1)))
net = torch.nn.Sequential(torch.nn.Linear(1, 5), torch.nn.Tanh(), torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
parameters = list(net.parameters())


def loss_on(rows=slice(None)):
    return ((net(x[rows]) - y[rows]) ** 2).mean()


def flatten(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def gradient_and_hessian(rows=slice(None)):
    g = flatten(torch.autograd.grad(loss_on(rows), parameters, create_graph=True))
    h = torch.stack([flatten(torch.autograd.grad(e, parameters, retain_graph=True)) for e in g])
    return g.detach().numpy(), (h + h.T).numpy() / 2


def put(theta):
    with torch.no_grad():
        i = 0
        for p in parameters:
            p.copy_(torch.from_numpy(theta[i : i + p.numel()]).reshape(p.shape))
            i += p.numel()


def save(name):
    head, offset, blobs = {}, 0, []
    for key, value in net.state_dict().items():
        raw = np.ascontiguousarray(value.numpy()).tobytes()
        head[key] = {"dtype": "F64", "shape": list(value.shape), "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
        blobs.append(raw)
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(at(name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def descend(steps, eta=0.1):
    for _ in range(steps):
        gs = torch.autograd.grad(loss_on(), parameters)
        with torch.no_grad():
            for p, g in zip(parameters, gs):
                p -= eta * g


def numbers():
    g, h = gradient_and_hessian()
    values = np.linalg.eigvalsh(h)
    sharp = []
    for rows in itertools.combinations(range(n), size):
        gb, hb = gradient_and_hessian(list(rows))
        sharp.append((gb @ hb @ gb, gb @ gb))
    a, b = np.array(sharp).T
    return {
        "loss": loss_on().item(),
        "gradientNorm": float(np.linalg.norm(g)),
        "top": float(values[-1]),
        "bottom": float(values[0]),
        "trace": float(values.sum()),
        "gradientCurvature": float(g @ h @ g / (g @ g)),
        "batchSharpness": float((a / b).mean()),
        "batchSharpnessWeighted": float(a.mean() / b.mean()),
        "layers": {
            name: float(np.linalg.eigvalsh(h[i:j, i:j])[-1])
            for name, i, j in [("0", 0, 10), ("2", 10, 34), ("4", 34, 39)]
        },
    }


torch.onnx.export(net, x[:2], at("m.onnx"), input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}}, opset_version=13)
np.savez(at("d.npz"), x=x.numpy(), y=y.numpy())
descend(30)
start = flatten([p.detach() for p in parameters]).numpy().copy()
save("a.safetensors")
found = [numbers()]
g, h = gradient_and_hessian()
home = loss_on().item()
descend(40)
end = flatten([p.detach() for p in parameters]).numpy().copy()
save("b.safetensors")
found.append(numbers())
d = end - start


def change(t):
    put(start + t * d)
    return loss_on().item() - home


values, vectors = np.linalg.eigh(h)
threshold = flat * values[-1]
weights = (vectors.T @ d) ** 2 / (d @ d)
multiple = brentq(change, 1.0, 64.0, xtol=1e-13) if change(1.0) < 0 < change(64.0) else None
step = {
    "length": float(np.linalg.norm(d)),
    "change": change(1.0),
    "slope": float(g @ d),
    "curvature": float(d @ h @ d / 2),
    "remainder": float(change(1.0) - g @ d - d @ h @ d / 2),
    "above": float(weights[values > threshold].sum()),
    "flat": float(weights[np.abs(values) <= threshold].sum()),
    "below": float(weights[values < -threshold].sum()),
    "multiple": multiple,
}
with open(at("figures.json"), "w") as file:
    json.dump({"batch": size, "points": found, "step": step}, file, indent=2)
    file.write("\n")
