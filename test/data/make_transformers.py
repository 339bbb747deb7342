"""Writes small transformers as ONNX files (gzip) into transformers/, with PyTorch 1.13; their weights are of no use, their graphs are.

The same for a network with low-rank adapters, apart (lora) and put into its weights (merged), with the gradient and a
Hessian product of the adapters by PyTorch in float64: lora.npz.
"""

import gzip
import io
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

here = Path(__file__).parent / "transformers"
torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
ids = torch.randint(0, 9, (2, 6))


def export(name, model, inputs):
    model.eval()
    buffer = io.BytesIO()
    torch.onnx.export(model, inputs, buffer, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False, opset_version=14,
                      input_names=[f"x{i}" for i in range(len(inputs))], output_names=["y"],
                      dynamic_axes={f"x{i}": {0: "batch"} for i in range(len(inputs))} | {"y": {0: "batch"}})
    (here / f"{name}.onnx.gz").write_bytes(gzip.compress(buffer.getvalue(), 9, mtime=0))


class RMS(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class Attention(nn.Module):
    """Grouped queries where kv is less than heads, rotary places where they are given."""

    def __init__(self, d, heads, kv, bias):
        super().__init__()
        self.heads, self.kv, self.size = heads, kv, d // heads
        self.q, self.o = nn.Linear(d, d, bias=bias), nn.Linear(d, d, bias=bias)
        self.k, self.v = nn.Linear(d, kv * self.size, bias=bias), nn.Linear(d, kv * self.size, bias=bias)

    def forward(self, x, other=None, mask=None, places=None):
        other = x if other is None else other
        b, t, _ = x.shape
        q = self.q(x).view(b, t, self.heads, self.size).transpose(1, 2)
        k, v = (f(other).view(b, other.shape[1], self.kv, self.size).transpose(1, 2) for f in (self.k, self.v))
        if places is not None:
            turn = lambda z: torch.cat((-z[..., self.size // 2 :], z[..., : self.size // 2]), -1)
            q, k = (z * places.cos() + turn(z) * places.sin() for z in (q, k))
        spread = lambda z: z.repeat_interleave(self.heads // self.kv, 1) if self.kv < self.heads else z
        scores = q @ spread(k).transpose(-1, -2) / math.sqrt(self.size)
        scores = scores if mask is None else scores + mask
        return self.o((scores.softmax(-1) @ spread(v)).transpose(1, 2).reshape(b, t, -1))


class Bert(nn.Module):
    """A mask from the tokens, norms behind each sum, a pooler."""

    def __init__(self, d=8):
        super().__init__()
        self.words, self.places, self.kinds = nn.Embedding(9, d), nn.Embedding(6, d), nn.Embedding(2, d)
        self.first = nn.LayerNorm(d)
        block = lambda: nn.ModuleDict({"attention": Attention(d, 2, 2, True), "n1": nn.LayerNorm(d), "up": nn.Linear(d, 16), "down": nn.Linear(16, d), "n2": nn.LayerNorm(d)})
        self.blocks = nn.ModuleList([block(), block()])
        self.pool, self.classes = nn.Linear(d, d), nn.Linear(d, 3)

    def forward(self, x):
        mask = (1 - (x != 0).double())[:, None, None, :] * -1e4
        h = self.first(self.words(x) + self.places(torch.arange(6)[None]) + self.kinds(torch.zeros_like(x)))
        for b in self.blocks:
            h = b["n1"](h + b["attention"](h, mask=mask))
            h = b["n2"](h + b["down"](nn.functional.gelu(b["up"](h))))
        return self.classes(torch.tanh(self.pool(h[:, 0])))


class Llama(nn.Module):
    """Rotary places, grouped queries, gates, one causal mask for all blocks."""

    def __init__(self, d=16):
        super().__init__()
        line = lambda a, b: nn.Linear(a, b, bias=False)
        self.words, self.norm, self.out = nn.Embedding(9, d), RMS(d), line(d, 9)
        block = lambda: nn.ModuleDict({"n1": RMS(d), "attention": Attention(d, 4, 2, False), "n2": RMS(d), "gate": line(d, 24), "up": line(d, 24), "down": line(24, d)})
        self.blocks = nn.ModuleList([block(), block()])

    def forward(self, x):
        angles = torch.arange(x.shape[1]).double()[:, None] * torch.tensor([1.0, 0.01])
        places, mask = torch.cat((angles, angles), -1), torch.full((x.shape[1],) * 2, -1e9).triu(1)
        h = self.words(x)
        for b in self.blocks:
            h = h + b["attention"](b["n1"](h), mask=mask, places=places)
            z = b["n2"](h)
            h = h + b["down"](nn.functional.silu(b["gate"](z)) * b["up"](z))
        return self.out(self.norm(h))


class T5(nn.Module):
    """Encoder and decoder, attention across, learned distances added to the scores, a tied table."""

    def __init__(self, d=8):
        super().__init__()
        line = lambda a, b: nn.Linear(a, b, bias=False)
        self.words, self.near, self.far = nn.Embedding(9, d), nn.Embedding(4, 2), nn.Embedding(4, 2)
        self.encoder, self.decoder, self.across = (Attention(d, 2, 2, False) for _ in range(3))
        self.norms = nn.ModuleList([RMS(d) for _ in range(6)])
        self.up, self.down, self.up2, self.down2 = line(d, 12), line(12, d), line(d, 12), line(12, d)

    def forward(self, x, target):
        distance = lambda n, table: table((torch.arange(n)[:, None] - torch.arange(n)[None]).abs().clamp(max=3)).permute(2, 0, 1)[None]
        n = self.norms
        h = self.words(x)
        h = h + self.encoder(n[0](h), mask=distance(6, self.near))
        h = h + self.down(torch.relu(self.up(n[1](h))))
        y = self.words(target)
        y = y + self.decoder(n[2](y), mask=distance(6, self.far) + torch.full((6, 6), -1e9).triu(1))
        y = y + self.across(n[3](y), n[4](h))
        y = y + self.down2(torch.relu(self.up2(n[5](y))))
        return y * 8**-0.5 @ self.words.weight.t()


class Parallel(nn.Module):
    """Attention and feed-forward on one normalisation (GPT-J, PaLM), added one after the other and, in the second block, together."""

    def __init__(self, d=8):
        super().__init__()
        self.words, self.norm, self.out = nn.Embedding(9, d), nn.LayerNorm(d), nn.Linear(d, 9)
        block = lambda: nn.ModuleDict({"n1": nn.LayerNorm(d), "attention": Attention(d, 2, 2, True), "up": nn.Linear(d, 16), "down": nn.Linear(16, d)})
        self.blocks = nn.ModuleList([block(), block(), block()])

    def forward(self, x):
        h = self.words(x)
        for i, b in enumerate(self.blocks):
            z = b["n1"](h)
            attention, feed = b["attention"](z), b["down"](nn.functional.gelu(b["up"](z)))
            h = h + (attention + feed) if i == 1 else h + attention + feed
        return self.out(self.norm(h))


class Adapted(nn.Module):
    """A linear layer with a low-rank pair beside it."""

    def __init__(self, a, b, rank, bias):
        super().__init__()
        self.base = nn.Linear(a, b, bias=bias)
        self.lora_A, self.lora_B = (nn.Parameter(0.3 * torch.randn(*shape)) for shape in ((rank, a), (b, rank)))

    def forward(self, x):
        return self.base(x) + 0.5 * (x @ self.lora_A.t() @ self.lora_B.t())

    def merged(self):
        layer = nn.Linear(*self.base.weight.shape[::-1], bias=self.base.bias is not None)
        layer.load_state_dict(self.base.state_dict())
        layer.weight.data += 0.5 * self.lora_B.data @ self.lora_A.data
        return layer


class AdaptedBlock(nn.Module):
    """A block of attention and feed-forward whose layers may be adapted."""

    def __init__(self, d=8):
        super().__init__()
        self.words, self.norm1, self.norm2, self.head = nn.Embedding(9, d), nn.LayerNorm(d), nn.LayerNorm(d), nn.Linear(d, 3)
        self.attention = Attention(d, 2, 2, True)
        self.attention.q, self.attention.v, self.attention.o = (Adapted(d, d, 2, True) for _ in range(3))
        self.up, self.down = Adapted(d, 16, 2, True), Adapted(16, d, 2, False)

    def forward(self, x):
        h = self.words(x)
        h = h + self.attention(self.norm1(h))
        h = h + self.down(torch.tanh(self.up(self.norm2(h))))
        return self.head(h[:, 0])


export("bert", Bert(), (ids,))
export("llama", Llama(), (ids,))
export("t5", T5(), (ids, ids.flip(1)))

model = AdaptedBlock()
x, y = torch.randint(0, 9, (12, 6)), torch.randint(0, 3, (12,))
export("lora", model, (x,))
adapters = {name: p for name, p in model.named_parameters() if "lora_" in name}
vectors = [torch.randn_like(p) for p in adapters.values()]
loss = nn.functional.cross_entropy(model(x), y)
gradient = torch.autograd.grad(loss, list(adapters.values()), create_graph=True)
product = torch.autograd.grad(sum((g * v).sum() for g, v in zip(gradient, vectors)), list(adapters.values()))
arrays = {"x": x, "y": y, "loss": loss}
for name, g, v, hv in zip(adapters, gradient, vectors, product):
    arrays |= {f"gradient/{name}": g, f"vector/{name}": v, f"product/{name}": hv}
np.savez_compressed(here / "lora.npz", **{name: a.detach().numpy() for name, a in arrays.items()})
for parent, name in [(model.attention, "q"), (model.attention, "v"), (model.attention, "o"), (model, "up"), (model, "down")]:
    setattr(parent, name, getattr(parent, name).merged())
assert abs(nn.functional.cross_entropy(model(x), y) - loss) < 1e-14
export("merged", model, (x,))
export("parallel", Parallel(), (ids,))
