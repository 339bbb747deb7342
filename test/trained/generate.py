"""Small networks of all kinds, trained quickly: what the check of the gradient must let pass.

    python3 generate.py FOLDER [EVERY]     # needs torch 1.13; writes 300 networks, or every EVERY-th of them
    python3 generate.py --saturated FOLDER [EVERY]     # 90 classifiers that are right on all examples, with losses of 1e-3 to 1e-12

Each is FOLDER/NAME.onnx with FOLDER/NAME.npz (x, y) and a line of FOLDER/networks.json: name, loss, precision.
25 families, each trained in 6 ways (briefly; to a small loss; not at all, with biases of zero; with a last layer of zeros;
with targets or logits of scale 1e6; of scale 1e-6), in float32 and float64.
"""
import json
import os
import sys
import warnings

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

warnings.filterwarnings('ignore')
torch.set_num_threads(1)
N = 96


class Act(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)


def mlp(f, width=12, out=3, norm=False):
    layers = [nn.Linear(6, width), nn.LayerNorm(width) if norm else nn.Identity(), Act(f), nn.Linear(width, width), Act(f), nn.Linear(width, out)]
    return nn.Sequential(*[layer for layer in layers if not isinstance(layer, nn.Identity)])


class Attention(nn.Module):
    def __init__(self, masked=False):
        super().__init__()
        self.masked = masked
        self.q, self.k, self.v, self.o = (nn.Linear(6, 6) for _ in range(4))
        self.norm = nn.LayerNorm(6)
        self.ff = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 6))
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(1, 2) / 6 ** 0.5
        if self.masked:
            scores = scores.masked_fill(torch.ones(5, 5).triu(1) > 0, float('-inf'))
        h = self.norm(x + self.o(scores.softmax(-1) @ self.v(x)))
        return self.head((h + self.ff(h)).mean(1))


class Recurrent(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(11, 6)
        self.head = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))

    def forward(self, x):
        return self.head(self.table(x).max(1)[0])


class Residual(nn.Module):
    def __init__(self, norm=True):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.a, self.b = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.na, self.nb = (nn.BatchNorm2d(4), nn.BatchNorm2d(4)) if norm else (nn.Identity(), nn.Identity())
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        h = F.relu(self.stem(x))
        h = F.relu(h + self.nb(self.b(F.relu(self.na(self.a(h))))))
        return self.head(h.mean((2, 3)))


class Normalized(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(6, 8), nn.Linear(8, 3, bias=False)

    def forward(self, x):
        return 4 * self.head(F.normalize(F.relu(self.body(x))))


class Quantized(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 12), nn.Linear(12, 3)

    def forward(self, x):
        return self.b(torch.round(4 * torch.tanh(self.a(x))) / 4)


def cnn(pool=nn.MaxPool2d):
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), pool(2), nn.Conv2d(4, 6, 2), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3))


VECTOR, IMAGE, SEQUENCE, TOKENS = 'vector', 'image', 'sequence', 'tokens'
FAMILIES = {
    'relu': (lambda: mlp(F.relu), VECTOR, 'cross-entropy'),
    'relu-wide': (lambda: mlp(F.relu, 40), VECTOR, 'cross-entropy'),
    'leaky': (lambda: mlp(lambda x: F.leaky_relu(x, 0.1)), VECTOR, 'cross-entropy'),
    'hardswish': (lambda: mlp(F.hardswish), VECTOR, 'cross-entropy'),
    'relu6': (lambda: mlp(F.relu6), VECTOR, 'mse'),
    'clip': (lambda: mlp(lambda x: x.clamp(-0.5, 0.7)), VECTOR, 'cross-entropy'),
    'abs': (lambda: mlp(torch.abs), VECTOR, 'mse'),
    'gelu': (lambda: mlp(F.gelu), VECTOR, 'cross-entropy'),
    'tanh': (lambda: mlp(torch.tanh), VECTOR, 'mse'),
    'silu-layernorm': (lambda: mlp(F.silu, norm=True), VECTOR, 'cross-entropy'),
    'elu-huber': (lambda: mlp(F.elu), VECTOR, 'huber'),
    'relu-mae': (lambda: mlp(F.relu), VECTOR, 'mae'),
    'linear-mae': (lambda: nn.Linear(6, 3), VECTOR, 'mae'),
    'relu-bce': (lambda: mlp(F.relu), VECTOR, 'bce'),
    'maxpool': (cnn, IMAGE, 'cross-entropy'),
    'avgpool': (lambda: cnn(nn.AvgPool2d), IMAGE, 'mse'),
    'resnet-bn': (Residual, IMAGE, 'cross-entropy'),
    'resnet': (lambda: Residual(False), IMAGE, 'mse'),
    'attention': (Attention, SEQUENCE, 'cross-entropy'),
    'attention-masked': (lambda: Attention(True), SEQUENCE, 'cross-entropy'),
    'lstm': (lambda: Recurrent(nn.LSTM(6, 8, batch_first=True)), SEQUENCE, 'cross-entropy'),
    'rnn-relu': (lambda: Recurrent(nn.RNN(6, 8, nonlinearity='relu', batch_first=True)), SEQUENCE, 'mse'),
    'embedding-max': (Bag, TOKENS, 'cross-entropy'),
    'normalize': (Normalized, VECTOR, 'cross-entropy'),
    'quantized': (Quantized, VECTOR, 'mse'),
}
WAYS = ('brief', 'fitted', 'untrained', 'zero-head', 'huge', 'tiny')


def losses(kind):
    return {'cross-entropy': lambda z, y: F.cross_entropy(z, y), 'mse': lambda z, y: ((z - y) ** 2).mean(),
            'mae': lambda z, y: (z - y).abs().mean(), 'huber': lambda z, y: F.huber_loss(z, y),
            'bce': lambda z, y: F.binary_cross_entropy_with_logits(z, y)}[kind]


def data(shape, kind, dtype, scale):
    x = {VECTOR: lambda: torch.randn(N, 6), IMAGE: lambda: torch.relu(torch.randn(N, 1, 8, 8))[:, :, :8, :8],
         SEQUENCE: lambda: torch.randn(N, 5, 6), TOKENS: lambda: torch.randint(0, 11, (N, 4))}[shape]()
    seen = x.double().reshape(N, -1)
    teacher = torch.tanh(seen @ torch.randn(seen.shape[1], 3, dtype=torch.float64) / seen.shape[1] ** 0.5)
    if kind == 'cross-entropy':
        y = teacher.argmax(1)
    elif kind == 'bce':
        y = (teacher > 0).to(dtype)
    else:
        y = (scale * teacher).to(dtype)
    return (x if shape == TOKENS else x.to(dtype)), y


def last(module):
    return [m for m in module.modules() if isinstance(m, nn.Linear)][-1]


def build(family, way, double, seed):
    make, shape, kind = FAMILIES[family]
    torch.manual_seed(seed)
    dtype = torch.float64 if double else torch.float32
    scale = {'huge': 1e6, 'tiny': 1e-6}.get(way, 1.0)
    net = make().to(dtype)
    x, y = data(shape, kind, dtype, scale)
    with torch.no_grad():
        for name, p in net.named_parameters():
            if way == 'untrained' and p.dim() == 1 and 'norm' not in name:
                p.zero_()
        if way == 'zero-head':
            for p in last(net).parameters():
                p.zero_()
        if way in ('huge', 'tiny'):
            last(net).weight.mul_(scale)
            if last(net).bias is not None:
                last(net).bias.mul_(scale)
    loss = losses(kind)
    steps = {'brief': 60, 'fitted': 900, 'huge': 60, 'tiny': 60}.get(way, 0)
    if steps and scale == 1.0:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        for step in range(steps):
            optimizer.zero_grad()
            loss(net(x), y).backward()
            optimizer.step()
    net.eval()
    return net, x, y, kind


def saturated(arch, activation, double, target, seed):
    """A classifier trained until it is right, its last layer then scaled until the loss is the target."""
    f = {'tanh': torch.tanh, 'relu': F.relu, 'gelu': F.gelu}[activation]
    torch.manual_seed(seed)
    shape = {'mlp': VECTOR, 'cnn': IMAGE, 'transformer': SEQUENCE}[arch]
    if arch == 'mlp':
        net = mlp(f)
    elif arch == 'cnn':
        net = nn.Sequential(nn.Conv2d(1, 4, 3), Act(f), nn.AvgPool2d(2), nn.Conv2d(4, 6, 2), Act(f), nn.Flatten(), nn.Linear(24, 3))
    else:
        net = Attention()
        net.ff[1] = Act(f)
    dtype = torch.float64 if double else torch.float32
    x, y = data(shape, 'cross-entropy', dtype, 1.0)
    net, wide = net.double(), x.double()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for step in range(600):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(wide), y)
        loss.backward()
        optimizer.step()
        if loss.item() < target:
            break
    z = net(wide).detach()
    if (z.argmax(1) == y).all() and F.cross_entropy(z, y).item() > target:
        low, high = 0.0, 8.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if F.cross_entropy(z * np.exp(middle), y).item() > target else (low, middle)
        with torch.no_grad():
            for p in last(net).parameters():
                p.mul_(float(np.exp(high)))
    net.eval()
    return net.to(dtype), x, y, 'cross-entropy'


def ordinary_cases():
    cases = [(f, w, d) for f in FAMILIES for w in WAYS for d in (False, True)]
    for index, (family, way, double) in enumerate(cases):
        yield f'{family}-{way}', double, lambda: build(family, way, double, index)


def saturated_cases():
    cases = [(n, a, d, t) for n in ('mlp', 'cnn', 'transformer') for a in ('tanh', 'relu', 'gelu') for d in (False, True)
             for t in (1e-3, 1e-5, 1e-7, 1e-9, 1e-12)]
    for index, (arch, activation, double, target) in enumerate(cases):
        yield f'{arch}-{activation}-{target:.0e}', double, lambda: saturated(arch, activation, double, target, index + 1)


def main():
    arguments = sys.argv[1:]
    cases = ordinary_cases()
    if arguments[0] == '--saturated':
        cases = saturated_cases()
        arguments = arguments[1:]
    folder, every = arguments[0], int(arguments[1]) if len(arguments) > 1 else 1
    os.makedirs(folder, exist_ok=True)
    listed = []
    for index, (name, double, make) in enumerate(cases):
        if index % every:
            continue
        net, x, y, kind = make()
        name = f'{name}-{"float64" if double else "float32"}'
        torch.onnx.export(net, x, os.path.join(folder, name + '.onnx'), input_names=['x'], output_names=['z'], opset_version=14,
                          dynamic_axes={'x': {0: 'n'}, 'z': {0: 'n'}}, do_constant_folding=False,
                          training=torch.onnx.TrainingMode.EVAL)
        np.savez(os.path.join(folder, name + '.npz'), x=x.numpy(), y=y.numpy())
        listed.append({'name': name, 'loss': kind, 'precision': 'float64' if double else 'float32'})
    with open(os.path.join(folder, 'networks.json'), 'w') as file:
        file.write('[\n' + ',\n'.join(json.dumps(each) for each in listed) + '\n]\n')
    print(len(listed), 'networks')


if __name__ == '__main__':
    main()
