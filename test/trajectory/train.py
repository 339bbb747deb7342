"""Fits a Chebyshev polynomial with a tanh network by SGD in float64 (Cohen et al. 2021), and saves model, data, checkpoints.

usage: train.py FOLDER DEGREE STEP_SIZE STEPS EVERY BATCH EXAMPLES SEED [FIRST_SAVED]
sgd/ is `train.py sgd 4 0.2 20000 400 10 20 0 13600`. Needs torch and numpy.
"""
import torch, numpy as np, sys, os, json, struct
out, deg, eta, steps, every, batch, n, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]), int(sys.argv[7]), int(sys.argv[8])
start = int(sys.argv[9]) if len(sys.argv) > 9 else 0
torch.manual_seed(seed); torch.set_default_dtype(torch.float64); torch.set_num_threads(1)
x = torch.linspace(-1, 1, n).unsqueeze(1)
y = torch.cos(deg * torch.acos(x.clamp(-1, 1)))
net = torch.nn.Sequential(torch.nn.Linear(1, 30), torch.nn.Tanh(), torch.nn.Linear(30, 20), torch.nn.Tanh(), torch.nn.Linear(20, 1))
os.makedirs(out, exist_ok=True)
def save(step):
    arrays = {k: v.detach().numpy() for k, v in net.state_dict().items()}
    head, at, blobs = {}, 0, []
    for k, a in arrays.items():
        b = np.ascontiguousarray(a).tobytes()
        head[k] = {"dtype": "F64", "shape": list(a.shape), "data_offsets": [at, at + len(b)]}
        at += len(b); blobs.append(b)
    h = json.dumps(head).encode(); h += b" " * (-len(h) % 8)
    open(f"{out}/step-{step:06d}.safetensors", "wb").write(struct.pack("<Q", len(h)) + h + b"".join(blobs))
torch.onnx.export(net, x[:2], f"{out}/m.onnx", input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}}, opset_version=13)
np.savez(f"{out}/d.npz", x=x.numpy(), y=y.numpy())
g = torch.Generator().manual_seed(seed)
for t in range(steps + 1):
    if t % every == 0 and t >= start: save(t)
    idx = torch.arange(n) if batch >= n else torch.randperm(n, generator=g)[:batch]
    loss = ((net(x[idx]) - y[idx]) ** 2).mean()
    if t % max(1, steps // 10) == 0: print(t, ((net(x) - y) ** 2).mean().item(), flush=True)
    net.zero_grad(); loss.backward()
    with torch.no_grad():
        for p in net.parameters(): p -= eta * p.grad
