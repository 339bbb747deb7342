"""Expressions at singular points, with what PyTorch's float64 autograd says of them.

Writes table.json: for each expression the ONNX file that PyTorch's exporter writes for it (base64, input `w`), the point
w, a direction v, and L, dL/dw and H v (double backward) in float64. Numbers that are not finite are strings. Where autograd is NaN
although the derivative exists, `same` is an equal expression by which it gets there; its numbers are written.

    python3 generate.py        # needs torch 1.13
"""
import base64
import io
import json
import os
import warnings

import torch
import torch.nn.functional as F

warnings.filterwarnings('ignore')
torch.set_default_dtype(torch.float64)
INF = float('inf')
CASES = []


def t(*rows):
    return torch.tensor(rows)


def case(name, w, f, opset=17, same=None):
    CASES.append((name, torch.as_tensor(w, dtype=torch.float64), f, opset, same))


def zero_row_over(eps):
    """x / max(|x|, eps) where row 0 is below eps and row 1 above."""
    return lambda w: torch.stack([w[0] / eps, w[1] / w[1].norm()])


def square_of_norm(w):
    return (w * w).sum(1)


C = t([0.3, 0.7, -0.4], [0.5, -1.0, 0.25])
ROWS = t([0.0, 0.0, 0.0], [1.0, -2.0, 0.5])
TIES = t([1.0, 1.0, -1.0], [0.0, -2.0, 0.0])
MIXED = t([0.0, 0.5, -1.5], [2.0, 0.0, 1.0])
POSITIVE = t([0.0, 0.5, 1.5], [2.0, 0.0, 1.0])
MASK = torch.tensor([[True, False, True], [True, True, False]])
NONE = torch.tensor([[False, False, False], [True, True, False]])
minus = torch.tensor(-INF)
zero = torch.tensor(0.0)

# Masked logits and softmax
case('cross-entropy of masked logits', MIXED, lambda w: F.cross_entropy(torch.where(MASK, w, minus), torch.tensor([0, 1])))
case('cross-entropy, masked by masked_fill', MIXED, lambda w: F.cross_entropy(w.masked_fill(~MASK, -INF), torch.tensor([2, 0])))
case('cross-entropy, mask added', MIXED, lambda w: F.cross_entropy(w + torch.where(MASK, zero, minus), torch.tensor([0, 1])))
case('cross-entropy, ignored row of -inf', MIXED, lambda w: F.cross_entropy(torch.where(NONE, w, minus), torch.tensor([-100, 1])))
case('log-softmax picked beside -inf', MIXED, lambda w: F.log_softmax(torch.where(MASK, w, minus), 1)[:, 0].sum())
case('softmax of masked scores', MIXED, lambda w: (F.softmax(torch.where(MASK, w, minus), 1) * C).sum())
case('softmax, large negative mask', MIXED, lambda w: (F.softmax(w.masked_fill(~MASK, -1e9), 1) * C).sum())
case('softmax, row fully masked by -1e9', MIXED, lambda w: (F.softmax(w.masked_fill(~NONE, -1e9), 1) * C).sum())
case('softmax, row fully masked by -inf', MIXED, lambda w: (F.softmax(w.masked_fill(~NONE, -INF), 1) * C).sum())
case('softmax, -inf row selected away', MIXED, lambda w: torch.where(NONE, F.softmax(w.masked_fill(~NONE, -INF), 1), zero).mul(C).sum())
case('softmax saturated', 200 * MIXED, lambda w: (F.softmax(w, 1) * C).sum())
case('log-softmax saturated', 200 * MIXED, lambda w: F.log_softmax(w, 1)[:, 0].sum())
case('attention with masked keys', MIXED, lambda w: (F.softmax((w @ w.t() * t([1., .5], [.2, 1.])).masked_fill(torch.tensor([[False, True], [False, False]]), -INF), -1) @ (w * C)).sum())
case('logsumexp with -inf', MIXED, lambda w: torch.logsumexp(torch.where(MASK, w, minus), 1).mul(t(0.5, 2.0)).sum())
case('logsumexp of -inf alone, clamped', MIXED, lambda w: torch.logsumexp(torch.where(NONE, w, minus), 1).clamp(min=-100.0).sum())
case('logsumexp of large numbers', 800 + MIXED, lambda w: torch.logsumexp(w, 1).sum())
case('log of softmax saturated', 800 * MIXED, lambda w: torch.log(F.softmax(w, 1))[1, 0] * 1.0)

# Norms at rows of zeros
case('normalize', ROWS, lambda w: (F.normalize(w, eps=1e-2) * C).sum(),
     same=lambda w: (zero_row_over(1e-2)(w) * C).sum())
case('normalize, standard eps', ROWS, lambda w: (F.normalize(w) * C).sum(),
     same=lambda w: (zero_row_over(1e-12)(w) * C).sum())
case('normalize p=1', ROWS, lambda w: (F.normalize(w, p=1, eps=1e-2) * C).sum())
case('normalize, masked after', ROWS, lambda w: (F.normalize(w) * t([0.0, 0, 0], [1, 1, 1]) * C).sum(),
     same=lambda w: (zero_row_over(1e-12)(w)[1] * C[1]).sum() + 0 * w.sum())
case('norm', ROWS, lambda w: w.norm(dim=1).mul(t(2.0, 3.0)).sum())
case('norm squared', ROWS, lambda w: (w.norm(dim=1) ** 2).sum(),
     same=lambda w: square_of_norm(w).sum())
case('norm times norm', ROWS, lambda w: (w.norm(dim=1) * w.norm(dim=1)).sum(),
     same=lambda w: square_of_norm(w).sum())
case('kernel of a norm squared', ROWS, lambda w: torch.exp(-(w.norm(dim=1) ** 2)).sum(),
     same=lambda w: torch.exp(-square_of_norm(w)).sum())
case('kernel of a norm times its negative', ROWS, lambda w: torch.exp(-w.norm(dim=1) * w.norm(dim=1)).sum(),
     same=lambda w: torch.exp(-square_of_norm(w)).sum())
case('kernel of a norm over twice a variance times it', ROWS, lambda w: torch.exp(-w.norm(dim=1) / 0.98 * w.norm(dim=1)).sum(),
     same=lambda w: torch.exp(-square_of_norm(w) / 0.98).sum())
case('kernel of a norm over a width, squared', ROWS, lambda w: torch.exp(-((w.norm(dim=1) / (1 + w[1, 0] ** 2)) ** 2)).sum(),
     same=lambda w: torch.exp(-square_of_norm(w) / (1 + w[1, 0] ** 2) ** 2).sum())
case('kernel of a norm by linalg times its negative', ROWS, lambda w: torch.exp(-torch.linalg.norm(w, dim=1) * torch.linalg.norm(w, dim=1)).sum(),
     same=lambda w: torch.exp(-square_of_norm(w)).sum())
case('absolute value times itself', MIXED, lambda w: (w.abs() * w.abs() * C).sum(), same=lambda w: (w * w * C).sum())
case('square of an absolute value', MIXED, lambda w: (w.abs() ** 2 * C).sum(), same=lambda w: (w * w * C).sum())
case('norm keepdim clamp', ROWS, lambda w: (w / w.norm(dim=1, keepdim=True).clamp(min=1e-2) * C).sum(),
     same=lambda w: (zero_row_over(1e-2)(w) * C).sum())
case('norm, maximum with eps', ROWS, lambda w: (w / torch.maximum(w.norm(dim=1, keepdim=True), torch.tensor(1e-2)) * C).sum(),
     same=lambda w: (zero_row_over(1e-2)(w) * C).sum())
case('x over norm plus eps', ROWS, lambda w: (w / (w.norm(dim=1, keepdim=True) + 1e-2) * C).sum())
case('norm times zero', ROWS, lambda w: (w.norm(dim=1) * t(0.0, 1.0)).sum())
case('root of squares', ROWS, lambda w: w.pow(2).sum(1).sqrt().sum(),
     same=lambda w: w.norm(dim=1).sum())
case('root of squares, floor below', ROWS, lambda w: (w / (w * w).sum(1, keepdim=True).sqrt().clamp(min=1e-2) * C).sum(),
     same=lambda w: (zero_row_over(1e-2)(w) * C).sum())
case('root of squares, power 0.5', ROWS, lambda w: ((w * w).sum(1) ** 0.5).sum(),
     same=lambda w: w.norm(dim=1).sum())
case('root of squares plus eps', ROWS, lambda w: ((w * w).sum(1) + 1e-4).sqrt().sum())
case('standard deviation of equal numbers', 0 * ROWS + 2, lambda w: w.std(1).sum())
case('standard deviation plus eps', t([2.0, 2.0, 2.0], [1.0, 2.0, 4.0]), lambda w: ((w - w.mean(1, keepdim=True)) / (w.std(1, keepdim=True) + 1e-2) * C).sum(),
     same=lambda w: ((w - w.mean(1, keepdim=True)) / (torch.stack([0 * w[0].sum(), w[1].std()])[:, None] + 1e-2) * C).sum())
case('layer norm of equal numbers', 0 * ROWS + 2, lambda w: (F.layer_norm(w, (3,)) * C).sum(), opset=16)
case('cosine similarity', ROWS, lambda w: ((w * C).sum(1) / ((w * w).sum(1) * (C * C).sum(1)).sqrt().clamp(min=1e-2)).sum(),
     same=lambda w: (w[0] * C[0]).sum() / 1e-2 + (w[1] * C[1]).sum() / (w[1].norm() * C[1].norm()))
case('sum of absolute values', ROWS, lambda w: w.abs().sum(1).mul(t(2.0, 3.0)).sum())
case('l1 norm', ROWS, lambda w: w.norm(p=1, dim=1).sum())

# Powers
for e in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, -0.5, -1.0, -2.0):
    case(f'power {e:g} at 0', POSITIVE, lambda w, e=e: (w ** e * C).sum())
case('power 2 of negative numbers', MIXED, lambda w: (w ** 2 * C).sum())
case('power, tensor of exponents', POSITIVE, lambda w: (w ** t(0.0, 1.0, 2.0) * C).sum(),
     same=lambda w: (torch.stack([1 + 0 * w[:, 0], w[:, 1], w[:, 2] ** 2], 1) * C).sum())
case('power, exponents 2 and 3 of negative numbers', MIXED, lambda w: (w ** t(2.0, 3.0, 2.0) * C).sum())
case('power, exponents 1 to 3 of negative numbers', MIXED, lambda w: (w ** t(1.0, 2.0, 3.0) * C).sum())
case('power, exponents 0 and 1', MIXED, lambda w: (w ** t([0.0, 1.0, 0.0], [1.0, 0.0, 1.0]) * C).sum(),
     same=lambda w: (torch.where(t([0.0, 1, 0], [1, 0, 1]) > 0, w, 1.0) * C).sum() + 0 * (w * w).sum())
case('exponent learned, base 0', POSITIVE, lambda w: (t(0.0, 2.0, 0.5) ** (w + t([0.0, 0, 0], [-2, 0, 0])) * C).sum())
case('exponent learned, negative base', t([0.0, 1.0, 2.0], [2.0, 3.0, 1.0]), lambda w: (t(-1.0, -2.0, 0.5) ** w * C).sum())
case('reciprocal at 0', POSITIVE, lambda w: (1 / w * C).sum())
case('square root at 0', POSITIVE, lambda w: (w.sqrt() * C).sum())
case('square root at 0, times 0', POSITIVE, lambda w: (w.sqrt() * t([0.0, 1, 1], [1, 0, 1])).sum())
case('square root squared at 0', POSITIVE, lambda w: (w.sqrt() ** 2 * C).sum())
case('fourth power of the square root', POSITIVE, lambda w: (w.sqrt() ** 4 * C).sum())

# Choices
case('where, infinite slope not taken', POSITIVE, lambda w: torch.where(w > 0, w.sqrt(), zero).sum())
case('where, double', POSITIVE, lambda w: torch.where(w > 0, torch.where(w > 0, w, torch.tensor(1.0)).sqrt(), zero).sum())
case('where, log not taken', POSITIVE, lambda w: torch.where(w > 0, w.log(), zero).sum())
case('where, -inf taken and unused', MIXED, lambda w: torch.where(MASK, w, minus).clamp(min=-3.0).sum())
case('where, exp overflows', 1800 * MIXED, lambda w: torch.where(w > 80, zero, w.exp()).sum())
case('exp overflows, argument bounded', 900 * MIXED, lambda w: w.clamp(max=5.0).exp().sum())
case('mask times log of 0', POSITIVE, lambda w: (w.log() * t([0.0, 1, 1], [1, 0, 1])).sum())
case('zero times infinity', POSITIVE, lambda w: ((w * INF) * 0.0 + w)[0, 1])
case('zero times a finite number', MIXED, lambda w: (w * 0.0 + w * w).sum())
case('x log x', POSITIVE, lambda w: (w * w.log()).sum())
case('x log(x + eps)', POSITIVE, lambda w: (w * (w + 1e-8).log()).sum())
case('x log of x clamped', POSITIVE, lambda w: (w * w.clamp(min=1e-8).log()).sum())

# Kinks and ties
case('relu at 0', TIES, lambda w: (F.relu(w) ** 2 + F.relu(w) * C).sum())
case('leaky relu at 0', TIES, lambda w: (F.leaky_relu(w, 0.1) * C).sum())
case('abs at 0', TIES, lambda w: (w.abs() * w * C + w.abs()).sum())
case('sign at 0', TIES, lambda w: (w.sign() * w * w).sum())
case('clamp at its bounds', TIES, lambda w: (w.clamp(-1.0, 1.0) ** 2 * C).sum())
case('maximum of equal numbers', TIES, lambda w: (torch.maximum(w, w.flip(1) * w) ** 2 * C).sum())
case('minimum of equal numbers', TIES, lambda w: (torch.minimum(w, torch.zeros(3)) * C + torch.minimum(w * w, w)).sum())
case('hinge at its corner', TIES, lambda w: torch.maximum(1 - w, torch.tensor(0.0)).mul(C).sum())
case('amax of equal numbers', TIES, lambda w: (w.amax(1) ** 2 * t(2.0, 3.0) + w.amax(1)).sum())
case('amin of equal numbers', TIES, lambda w: (w.amin(1) ** 2 * t(2.0, 3.0)).sum())
case('product with one zero', t([0.0, 2.0, 3.0], [1.0, 2.0, -1.0]), lambda w: w.prod(1).mul(t(2.0, 3.0)).sum())
case('product with two zeros', t([0.0, 0.0, 3.0], [1.0, 2.0, 0.0]), lambda w: w.prod(1).mul(t(2.0, 3.0)).sum())
case('max pool of equal numbers', TIES, lambda w: (F.max_pool1d(w[:, None], 2, 1) ** 2).sum())
case('hard swish', t([2.5, -2.5, 0.0], [1.0, 4.0, -4.0]), lambda w: (F.hardswish(w) * C).sum())
case('hard sigmoid inside', t([2.0, -2.0, 0.0], [1.0, 4.0, -4.0]), lambda w: ((w / 6 + 0.5).clamp(0.0, 1.0) * C).sum())
case('elu far', t([0.5, 900.0, -900.0], [1.0, -1.0, -0.5]), lambda w: (F.elu(w) * C).sum())
case('softsign at 0', ROWS, lambda w: (F.softsign(w) * w * C).sum())
case('topk', t([3.0, 1.0, 2.0], [1.0, 5.0, 4.0]), lambda w: (w.topk(2, 1)[0] ** 2 * t([1.0, 2.0])).sum())
case('mean absolute error at an exact fit', TIES, lambda w: (w - torch.tensor([[1.0, 0, -1], [0, 1, 2]])).abs().mean())

# Saturation
FAR = t([200.0, -200.0, 0.0], [40.0, -40.0, 800.0])
case('sigmoid saturated', FAR, lambda w: (torch.sigmoid(w) * C).sum())
case('log-sigmoid saturated', FAR, lambda w: (F.logsigmoid(w) * C).sum())
case('softplus saturated', FAR, lambda w: (F.softplus(w) * C).sum())
case('tanh saturated', FAR, lambda w: (torch.tanh(w) * C).sum())
case('erf saturated', FAR, lambda w: (torch.erf(w) * C).sum())
case('gelu saturated', FAR, lambda w: (F.gelu(w) * C).sum())
case('gelu of tanh saturated', FAR, lambda w: (F.gelu(w, approximate='tanh') * C).sum())
case('silu saturated', FAR, lambda w: (F.silu(w) * C).sum())
case('mish saturated', FAR, lambda w: (F.mish(w) * C).sum(),
     same=lambda w: (torch.where(w > 100, w, w * torch.tanh(F.softplus(w.clamp(max=100.0)))) * C).sum())
case('selu saturated', FAR + 1, lambda w: (F.selu(w) * C).sum())
case('bce with logits saturated', FAR, lambda w: (F.softplus(w) - w * torch.tensor([[1.0, 0, 1], [0, 1, 0.5]])).mean())
case('log1p of exp', t([30.0, -30.0, 0.0], [1.0, -1.0, 3.0]), lambda w: torch.log1p(w.exp()).mul(C).sum())
case('bce of probabilities 0 and 1', t([1.0, 0.0, 0.5], [0.0, 1.0, 0.25]), lambda w: -(t([1.0, 0, 1], [0, 1, 0]) * w.log() + (1 - t([1.0, 0, 1], [0, 1, 0])) * (1 - w).log()).sum())
case('probabilities clamped before the log', t([1.0, 0.0, 0.5], [0.0, 1.0, 0.25]), lambda w: -(t([1.0, 0, 1], [0, 1, 0]) * w.clamp(1e-7, 1 - 1e-7).log()).sum())


class Expression(torch.nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, w):
        return self.f(w)


def plain(tensor):
    return [x if abs(x) < INF else str(x) for x in tensor.flatten().tolist()]


def main():
    table = []
    for name, w, f, opset, same in CASES:
        leaf = w.clone().requires_grad_()
        v = (torch.arange(1.0, 1 + w.numel()) / 3).reshape(w.shape)
        loss = (same or f)(leaf)
        gradient, = torch.autograd.grad(loss, leaf, create_graph=True)
        product = torch.zeros_like(w)
        if gradient.requires_grad:
            found, = torch.autograd.grad((gradient * v).sum(), leaf, allow_unused=True)
            product = product if found is None else found + 0 * product
        stream = io.BytesIO()
        torch.onnx.export(Expression(f), w, stream, input_names=['w'], output_names=['loss'], opset_version=opset,
                          do_constant_folding=False)
        table.append({'name': name, 'shape': list(w.shape), 'w': plain(w), 'v': plain(v), 'loss': plain(loss)[0],
                      'gradient': plain(gradient.detach()), 'product': plain(product.detach()),
                      'model': base64.b64encode(stream.getvalue()).decode()})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'table.json')
    with open(path, 'w') as file:
        file.write('[\n' + ',\n'.join(json.dumps(row) for row in table) + '\n]\n')
    print(len(table), 'expressions', os.path.getsize(path), 'bytes')


if __name__ == '__main__':
    main()
