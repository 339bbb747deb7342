"""Pairs of small networks, trained from two seeds on the same data, with which `connect` is tested.

OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 python3 generate.py

Each folder: a.onnx, b.npz (the other network's weights and statistics under a's names), data.npz, test.npz.
Data: the digits of ../reference (UCI, CC BY 4.0); tokens of a random second-order chain for `gpt`, which learns them by
heart; letters of the documentation of Python 3.11 (PSF licence) for `gpt-text`, whose loss on other pages is nearly that on its
own. `resnet-wide` is `resnet` with three times its channels.
"""
import io
import os
import re

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)


class Mlp(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, width), nn.Linear(width, width), nn.Linear(width, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 12, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(12 * 4, 24), nn.Linear(24, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x.reshape(-1, 1, 8, 8))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


class Block(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b)
        self.short = nn.Conv2d(a, b, 1, stride, bias=False) if stride > 1 else None

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.short(x) if self.short else x))


class ResNet(nn.Module):
    def __init__(self, a=8, b=12):
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, a, 3, 1, 1, bias=False), nn.BatchNorm2d(a)
        self.block1, self.block2 = Block(a, a, 1), Block(a, b, 2)
        self.fc = nn.Linear(b, 10)

    def forward(self, x):
        x = F.relu(self.bn(self.stem(x.reshape(-1, 1, 8, 8))))
        return self.fc(self.block2(self.block1(x)).mean((2, 3)))


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * self.gain


class Attention(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = (f(x).reshape(-1, t, self.heads, d // self.heads).transpose(1, 2) for f in (self.q, self.k, self.v))
        s = q @ k.transpose(-1, -2) / (d // self.heads) ** 0.5
        if self.causal:
            s = s + torch.triu(torch.full((t, t), -1e4), 1)
        return self.o((torch.softmax(s, -1) @ v).transpose(1, 2).reshape(-1, t, d))


class Layer(nn.Module):
    def __init__(self, width, heads, causal, norm):
        super().__init__()
        self.norm1, self.norm2 = norm(width), norm(width)
        self.attention = Attention(width, heads, causal)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Vit(nn.Module):
    """Rows of a digit as tokens, LayerNorm."""

    def __init__(self, width=16):
        super().__init__()
        self.embed, self.place = nn.Linear(8, width), nn.Parameter(0.1 * torch.randn(8, width))
        self.layers = nn.ModuleList(Layer(width, 2, False, nn.LayerNorm) for _ in range(2))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x):
        x = self.embed(x.reshape(-1, 8, 8)) + self.place
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x).mean(1))


class Gpt(nn.Module):
    """Causal, RMSNorm."""

    def __init__(self, width=16, vocabulary=12, length=10, heads=2):
        super().__init__()
        self.embed, self.place = nn.Embedding(vocabulary, width), nn.Parameter(0.1 * torch.randn(length, width))
        self.layers = nn.ModuleList(Layer(width, heads, True, RmsNorm) for _ in range(2))
        self.norm, self.head = RmsNorm(width), nn.Linear(width, vocabulary, bias=False)

    def forward(self, x):
        x = self.embed(x) + self.place
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


def digits():
    with np.load(os.path.join(HERE, "../reference/mlp-tanh-digits/data.npz")) as file:
        x, y = file["x"].astype(np.float32), file["y"]
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order].reshape(len(x), -1), y[order]
    cut = len(x) * 3 // 4
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def chain(vocabulary=12, length=10, count=400):
    rng = np.random.default_rng(1)
    table = rng.dirichlet(np.full(vocabulary, 0.15), (vocabulary, vocabulary))
    tokens = np.zeros((count, length + 1), np.int64)
    tokens[:, :2] = rng.integers(0, vocabulary, (count, 2))
    for t in range(2, length + 1):
        for n in range(count):
            tokens[n, t] = rng.choice(vocabulary, p=table[tokens[n, t - 2], tokens[n, t - 1]])
    x, y = tokens[:, :-1], tokens[:, 1:]
    return (x[:300], y[:300]), (x[300:], y[300:])


def pages(length=32, letters=" abcdefghijklmnopqrstuvwxyz.,"):
    """Windows of the documentation of Python, in small letters: the first nine tenths, and the last."""
    topics = {}
    with open("/usr/lib/python3.11/pydoc_data/topics.py") as file:
        exec(file.read(), topics)
    text = " ".join(topics["topics"][name] for name in sorted(topics["topics"])).lower()
    tokens = np.array([letters.index(c) for c in re.sub("[^a-z.,]+", " ", text)], np.int64)
    cut = len(tokens) * 9 // 10

    def windows(part):
        rows = part[: len(part) // (length + 1) * (length + 1)].reshape(-1, length + 1)
        return rows[:, :-1], rows[:, 1:]

    return windows(tokens[:cut]), windows(tokens[cut:])


def train(make, data, seed, steps, rate=3e-3, batch=64, decay=1e-3):
    torch.manual_seed(seed)
    net = make()
    x, y = (torch.from_numpy(a) for a in data)
    optimizer = torch.optim.AdamW(net.parameters(), rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    net.train()
    for _ in range(steps):
        rows = torch.randint(len(x), (min(batch, len(x)),))
        z = net(x[rows])
        loss = F.cross_entropy(z.reshape(-1, z.shape[-1]), y[rows].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()
    return net


def write(name, make, data, test, steps, seeds=(1, 2), keep=None, **options):
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    a, b = (train(make, data, seed, steps, **options) for seed in seeds)
    x = torch.from_numpy(data[0][:4])
    torch.onnx.export(
        a, (x,), os.path.join(folder, "a.onnx"), opset_version=15, input_names=["x"], output_names=["logits"],
        dynamic_axes={"x": {0: "N"}, "logits": {0: "N"}}, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )
    weights = {k: v.detach().numpy() for k, v in b.state_dict().items() if v.dtype == torch.float32}
    np.savez_compressed(os.path.join(folder, "b.npz"), **weights)
    order = np.random.default_rng(0)
    for file, (x, y) in (("data", data), ("test", test)):
        rows = slice(None) if keep is None else order.permutation(len(x))[:keep]
        np.savez_compressed(os.path.join(folder, file + ".npz"), x=x[rows], y=y[rows])
    with torch.no_grad():
        for net in (a, b):
            for x, y in (data, test):
                z = net(torch.from_numpy(x[:4000]))
                loss = F.cross_entropy(z.reshape(-1, z.shape[-1]), torch.from_numpy(y[:4000]).reshape(-1))
                print(name, loss.item())


if __name__ == "__main__":
    write("mlp", Mlp, *digits(), 400)
    write("lenet", LeNet, *digits(), 500)
    write("resnet", ResNet, *digits(), 400)
    write("vit", Vit, *digits(), 800)
    write("gpt", Gpt, *chain(), 1200)
    write("gpt-text", lambda: Gpt(32, 29, 32, 4), *pages(), 4000, seeds=(0, 1), keep=1024, decay=0.1)
    write("resnet-wide", lambda: ResNet(24, 32), *digits(), 400, seeds=(0, 1), keep=2000)
