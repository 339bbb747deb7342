"""A tiny GPT, trained to repeat six letters: gpt.onnx and gpt.npz. Run as `python3 gpt.py 3000` (two minutes)."""
import math, sys, numpy as np, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(0); torch.set_num_threads(1)
V, T, D, H = 8, 11, 16, 2
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(D); self.qkv = nn.Linear(D, 3 * D); self.out = nn.Linear(D, D)
        self.ln2 = nn.LayerNorm(D); self.up = nn.Linear(D, 3 * D); self.down = nn.Linear(3 * D, D)
        self.register_buffer("mask", torch.triu(torch.full((T, T), -1e4), 1))
    def forward(self, x):
        B = x.shape[0]
        q, k, v = self.qkv(self.ln1(x)).split(D, -1)
        heads = lambda t: t.reshape(-1, T, H, D // H).transpose(1, 2)
        a = heads(q) @ heads(k).transpose(-1, -2) / math.sqrt(D // H) + self.mask
        y = (a.softmax(-1) @ heads(v)).transpose(1, 2).reshape(-1, T, D)
        x = x + self.out(y)
        return x + self.down(F.gelu(self.up(self.ln2(x))))
class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(V, D); self.wpe = nn.Parameter(0.05 * torch.randn(T, D))
        self.blocks = nn.ModuleList([Block(), Block()]); self.ln = nn.LayerNorm(D); self.head = nn.Linear(D, V)
    def forward(self, x):
        h = self.wte(x) + self.wpe
        for b in self.blocks: h = b(h)
        return self.head(self.ln(h))
rng = np.random.default_rng(0)
def sums(n):
    """Six random letters, and the same six again."""
    first = rng.integers(0, V, (n, 6))
    return np.concatenate([first, first], 1)
net = GPT(); opt = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.01)
steps = int(sys.argv[1])
for step in range(steps):
    s = torch.tensor(sums(128)); x, y = s[:, :-1], s[:, 1:].clone()
    y[:, :5] = -100
    loss = F.cross_entropy(net(x).reshape(-1, V), y.reshape(-1), ignore_index=-100)
    opt.zero_grad(); loss.backward(); opt.step()
    for g in opt.param_groups: g["lr"] = 3e-3 * (1 - step / steps) + 1e-5
    if step % 500 == 0: print(step, loss.item(), flush=True)
s = sums(64); x, y = s[:, :-1].astype(np.int64), s[:, 1:].astype(np.int64).copy(); y[:, :5] = -100
net.eval()
print("final", F.cross_entropy(net(torch.tensor(x)).reshape(-1, V), torch.tensor(y).reshape(-1)).item())
torch.onnx.export(net, torch.tensor(x[:2]), "gpt.onnx", opset_version=15, input_names=["x"], output_names=["logits"], dynamic_axes={"x": {0: "N"}}, do_constant_folding=False)
np.savez("gpt.npz", x=x, y=y)
