"""Networks for benchmarks: the sizes that PyTorch users measure curvature at (`mlp-10k` is `mlp` on ten batches).

`build(name)` returns (model in evaluation mode, x, y); everything is seeded. The weights are the
framework's initialisation plus noise, so that no two tensors are equal (the ONNX exporter merges
equal-valued tensors, which would tie parameters that are not tied).
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class Mlp(nn.Module):
    """784-256-256-10, tanh."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.fc2 = nn.Linear(256, 256)
        self.fc3 = nn.Linear(256, 10)

    def forward(self, x):
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


class LeNet(nn.Module):
    """LeNet-5 with ReLU and max-pooling, 1x28x28 (LeCun et al. 1998)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class BasicBlock(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.shortcut = None
        if stride != 1 or c_in != c_out:
            self.shortcut = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class ResNet20(nn.Module):
    """ResNet-20 for 3x32x32, shortcut B (He et al. 2016); BatchNorm uses its running statistics."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        blocks, c_in = [], 16
        for c_out, stride in ((16, 1), (32, 2), (64, 2)):
            for i in range(3):
                blocks.append(BasicBlock(c_in, c_out, stride if i == 0 else 1))
                c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads, self.dh = heads, d // heads
        self.qkv = nn.Linear(d, 3 * d)
        self.proj = nn.Linear(d, d)

    def forward(self, x, mask=None):
        b, t, d = x.size(0), x.size(1), self.heads * self.dh
        q, k, v = self.qkv(x).split(d, dim=2)
        q = q.view(b, t, self.heads, self.dh).transpose(1, 2)
        k = k.view(b, t, self.heads, self.dh).transpose(1, 2)
        v = v.view(b, t, self.heads, self.dh).transpose(1, 2)
        a = q @ k.transpose(-2, -1) / math.sqrt(self.dh)
        if mask is not None:
            a = a.masked_fill(mask, float('-inf'))
        y = torch.softmax(a, dim=-1) @ v
        return self.proj(y.transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.ln1, self.attn = nn.LayerNorm(d), Attention(d, heads)
        self.ln2, self.fc1, self.fc2 = nn.LayerNorm(d), nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x, mask=None):
        x = x + self.attn(self.ln1(x), mask)
        return x + self.fc2(F.gelu(self.fc1(self.ln2(x))))


class Gpt(nn.Module):
    """Pre-norm decoder with a causal mask and learned positions; logits [B, T, vocabulary]."""

    def __init__(self, d=64, layers=2, heads=4, context=32, vocabulary=64):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, d)
        self.wpe = nn.Parameter(0.1 * torch.randn(context, d))
        self.blocks = nn.ModuleList(Block(d, heads) for _ in range(layers))
        self.ln = nn.LayerNorm(d)
        self.head = nn.Linear(d, vocabulary, bias=False)
        self.register_buffer('mask', ~torch.tril(torch.ones(context, context, dtype=torch.bool)))

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe
        for block in self.blocks:
            x = block(x, self.mask)
        return self.head(self.ln(x))


class Vit(nn.Module):
    """Vision transformer with a class token, 28x28 in patches of 4 (Dosovitskiy et al. 2021)."""

    def __init__(self, d=64, layers=2, heads=4, size=28, patch=4):
        super().__init__()
        self.patches = nn.Conv2d(1, d, patch, patch)
        self.cls = nn.Parameter(0.1 * torch.randn(1, 1, d))
        self.positions = nn.Parameter(0.1 * torch.randn((size // patch) ** 2 + 1, d))
        self.blocks = nn.ModuleList(Block(d, heads) for _ in range(layers))
        self.ln = nn.LayerNorm(d)
        self.head = nn.Linear(d, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.size(0), -1, -1), x), dim=1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x)[:, 0])


# name: (class, batch, shape of one example, number of classes)
NETWORKS = {
    'mlp': (Mlp, 1000, (784,), 10),
    'mlp-10k': (Mlp, 10000, (784,), 10),
    'lenet': (LeNet, 256, (1, 28, 28), 10),
    'resnet20': (ResNet20, 128, (3, 32, 32), 10),
    'gpt': (Gpt, 16, (32,), 64),
    'vit': (Vit, 32, (1, 28, 28), 10),
}


def perturb(model, scale=0.05):
    """Makes every tensor's values distinct: norms' gains, biases and running statistics included."""
    for module in model.modules():
        if isinstance(module, (nn.LayerNorm, nn.BatchNorm2d)):
            nn.init.normal_(module.weight, 1, scale)
            nn.init.normal_(module.bias, 0, scale)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, scale)
            nn.init.uniform_(module.running_var, 0.8, 1.2)


def build(name, batch=None):
    make, default_batch, shape, classes = NETWORKS[name]
    batch = batch or default_batch
    torch.manual_seed(20)
    model = make()
    perturb(model)
    model.eval()
    torch.manual_seed(7)
    if name == 'gpt':
        tokens = torch.randint(classes, (batch, shape[0] + 1))
        return model, tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
    return model, torch.randn(batch, *shape), torch.randint(classes, (batch,))


def cross_entropy(logits, y):
    """Mean over examples and, for sequences, positions."""
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))
