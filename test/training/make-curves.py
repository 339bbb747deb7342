"""Writes torch-curves.json: losses of PyTorch from the checkpoints, orders and data of runs of `thalweg train`.

    python3 test/training/make-curves.py RUN... > test/training/torch-curves.json

Each RUN is the folder of a run on digits:train; its network is told from the name, its optimiser from the result.
"""
import gzip, json, math, sys
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[2]


def read_safetensors(path):
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8 : 8 + n])
    types = {"F32": np.float32, "F64": np.float64}
    return {
        k: torch.from_numpy(np.frombuffer(raw[8 + n :][v["data_offsets"][0] : v["data_offsets"][1]], types[v["dtype"]]).reshape(v["shape"]).copy())
        for k, v in head.items()
        if k != "__metadata__"
    }


class LeNet(nn.Module):
    def __init__(self, side, classes=10):
        super().__init__()
        rows = (side // 2 - 4) // 2
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(16 * rows * rows, 120), nn.Linear(120, 84), nn.Linear(84, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.downsample = None if i == o and stride == 1 else nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, blocks, channels=1, classes=10):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        def group(i, o, stride):
            return nn.Sequential(*[Block(i if k == 0 else o, o, stride if k == 0 else 1) for k in range(blocks)])
        self.layer1, self.layer2, self.layer3 = group(16, 16, 1), group(16, 32, 2), group(32, 64, 2)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        return self.fc(self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x)))))).mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, w, heads):
        super().__init__()
        self.heads, self.c_attn, self.c_proj = heads, nn.Linear(w, 3 * w), nn.Linear(w, w)

    def forward(self, x):
        b, t, w = x.shape
        q, k, v = (p.view(b, t, self.heads, w // self.heads).transpose(1, 2) for p in self.c_attn(x).split(w, 2))
        s = q @ k.transpose(2, 3) / math.sqrt(w // self.heads)
        s = s.masked_fill(~torch.tril(torch.ones(t, t, dtype=torch.bool)), float("-inf")).softmax(-1)
        return self.c_proj((s @ v).transpose(1, 2).reshape(b, t, w))


class Layer(nn.Module):
    def __init__(self, w, heads):
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = nn.LayerNorm(w), Attention(w, heads), nn.LayerNorm(w)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(w, 4 * w), "c_proj": nn.Linear(4 * w, w)})

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary, tokens, w, heads, layers):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {"wte": nn.Embedding(vocabulary, w), "wpe": nn.Embedding(tokens, w), "h": nn.ModuleList([Layer(w, heads) for _ in range(layers)]), "ln_f": nn.LayerNorm(w)}
        )

    def forward(self, x):
        t = self.transformer
        h = t["wte"](x) + t["wpe"].weight
        for layer in t["h"]:
            h = layer(h)
        return t["ln_f"](h) @ t["wte"].weight.T


def network(name):
    kind, *words = name.split("@")[0].split(":")
    if kind == "mlp":
        sizes = [int(s) for s in words[0].split("-")]
        act = {"tanh": nn.Tanh, "relu": nn.ReLU}[words[1] if len(words) > 1 else "relu"]
        layers = []
        for i, o in zip(sizes, sizes[1:]):
            layers += [nn.Linear(i, o), act()]
        return nn.Sequential(*layers[:-1])
    if kind == "lenet":
        return LeNet(int(words[0].split("x")[1]))
    if kind.startswith("resnet"):
        return ResNet((int(kind[6:]) - 2) // 6)
    return GPT(*[int(s) for s in words[0].split("-")])


def optimizer(spec, parameters):
    o, lr = dict(spec["options"]), spec["lr"]
    o.pop("lr", None)
    if "weightDecay" in o:
        o["weight_decay"] = o.pop("weightDecay")
    made = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[spec["name"]]
    return made(parameters, lr=lr, **o)


curves = []
torch.set_num_threads(1)
for folder in map(Path, sys.argv[1:]):
    result = json.loads((folder / "result.json").read_text())
    r, name, data = result["result"], result["model"]["path"], result["data"]["path"]
    dtype = torch.float64 if result["precision"] == "float64" else torch.float32
    if data.startswith("digits"):
        rows = np.loadtxt(gzip.open(ROOT / "assets/digits.csv.gz"), delimiter=",")[:1500]
        x, y = torch.tensor(rows[:, :-1] / 16, dtype=dtype), torch.tensor(rows[:, -1]).long()
    else:
        npz = np.load(data)
        x, y = torch.tensor(npz["x"]), torch.tensor(npz["y"]).long()
        x = x.to(dtype) if x.is_floating_point() else x.long()
    net = network(name).to(dtype)
    net.load_state_dict(read_safetensors(folder / "checkpoints/step-000000.safetensors"), strict=False)
    opt = optimizer(r["optimizer"], net.parameters())
    order = np.load(folder / "arrays.npz")["order"] if r["order"] else np.arange(len(x))[None]
    shape = result and {"lenet": True, "resnet": True}.get(name[:5] if name.startswith("lenet") else name[:6])
    losses = []
    for step in range(r["steps"]):
        epoch, at = divmod(step, r["stepsPerEpoch"])
        i = torch.tensor(order[epoch % len(order)][at * r["batch"] : (at + 1) * r["batch"]]).long()
        batch = x[i]
        if shape:
            side = int(round(math.sqrt(batch[0].numel())))
            batch = batch.reshape(-1, 1, side, side)
        out = net(batch)
        loss = F.cross_entropy(out.reshape(-1, out.shape[-1]), y[i].reshape(-1))
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    curves.append({"network": name, "command": result["command"], "losses": losses})
    ours = np.load(folder / "arrays.npz")["loss"]
    print(f"{folder}: greatest difference {np.abs(ours - losses).max():.2e}, last {losses[-1]:.4f}", file=sys.stderr)
print(json.dumps(curves))
