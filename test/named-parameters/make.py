"""Networks with tensors that nobody trains beside those that are trained, as people write them, and which are which.

    python make.py        # needs torch 1.13 and onnx; writes *.onnx and truth.json beside itself

`truth.json` has, by file, what `named_parameters()` and `named_buffers()` say. Each is exported after a few steps; those
in INITIAL before them too, those in FOLDED with constants folded too.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

HERE = pathlib.Path(__file__).parent
FOLDED = {"pos-weight", "quantiles", "uncertainty", "focal", "landmarks", "swin", "variance-shared", "rotation", "short-names"}
INITIAL = {"style", "filter-response", "learned-mask", "upper", "gates-of-nothing", "convnext", "cross-covariance", "swish", "bottleneck", "short-names"}
L, P = nn.Linear, nn.Parameter
torch.manual_seed(5)


class Net(nn.Module):
    """A forward function with parameters `p`, buffers `b` and modules of any name."""

    def __init__(self, f, p=None, b=None, **modules):
        super().__init__()
        for name, value in (p or {}).items():
            self.register_parameter(name, P(value))
        for name, value in (b or {}).items():
            self.register_buffer(name, value)
        for name, module in modules.items():
            setattr(self, name, module)
        self.f = f

    def forward(self, *inputs):
        return self.f(self, *inputs)


def mlp(i=4, o=3, bias=True, act=nn.ReLU):
    return nn.Sequential(L(i, 6), act(), L(6, o, bias=bias))


T = 5
x, t = torch.randn(8, 4), torch.randn(8, 3)
image, sequence, signal = torch.randn(4, 3, 8, 8), torch.randn(4, T, 4), torch.randn(8, 16)
rand, randn = torch.rand, torch.randn
vec = lambda *values: torch.tensor(values)

position, frequency = torch.arange(T)[:, None].float(), torch.exp(torch.arange(0, 4, 2).float() * (-math.log(1e4) / 4))
sinusoids = torch.stack([torch.sin(position * frequency), torch.cos(position * frequency)], -1).flatten(1)
sobel = vec([1.0, 0, -1], [2, 0, -2], [1, 0, -1])
gauss = torch.exp(-torch.linspace(-1.5, 1.5, 5) ** 2)
gauss = torch.outer(gauss, gauss) / gauss.sum() ** 2
blur = torch.outer(vec(1.0, 2, 1), vec(1.0, 2, 1)) / 16
noise_free = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 50), 0)
neighbours = (rand(T, T) > 0.5).float() + torch.eye(T)
hadamard = torch.kron(vec([1.0, 1], [1, -1]), vec([1.0, 1], [1, -1])) / 2

N = {}

# Factors, levels and statistics of a loss in the file.
bce = F.binary_cross_entropy_with_logits
N["pos-weight"] = Net(lambda s, x, t: bce(s.net(x), torch.sigmoid(t), pos_weight=s.pos_weight, reduction="none").sum(1), b=dict(pos_weight=vec(3.0, 7, 1)), net=mlp()), (x, t)
N["task-weights"] = Net(lambda s, x, t: (bce(s.net(x), torch.sigmoid(t), reduction="none") * s.task_weights).sum(1), b=dict(task_weights=rand(3)), net=mlp()), (x, t)
N["weighted-mse"] = Net(lambda s, x, t: (s.w * (s.net(x) - t) ** 2).mean(1), b=dict(w=vec(0.2, 1, 3)), net=mlp()), (x, t)
def pinball(s, x, t):
    e = t[:, :1] - s.net(x)
    return torch.maximum(s.quantiles * e, (s.quantiles - 1) * e).mean(1)
N["quantiles"] = Net(pinball, b=dict(quantiles=vec(0.1, 0.5, 0.9)), net=mlp()), (x, t)
def quantile_huber(s, x, t):
    u = t[:, None, :] - s.net(x)[:, :, None]
    h = torch.where(u.abs() < 1, 0.5 * u * u, u.abs() - 0.5)
    return ((s.tau[None, :, None] - (u < 0).float()).abs() * h).mean(2).sum(1)
N["qr-dqn"] = Net(quantile_huber, b=dict(tau=(torch.arange(5) + 0.5) / 5), net=mlp(o=5)), (x, t)
def focal(s, x, t):
    p, y = torch.sigmoid(s.net(x)), torch.sigmoid(t)
    return (-s.alpha_t * y * (1 - p) ** 2 * torch.log(p) - (1 - y) * p**2 * torch.log(1 - p)).sum(1)
N["focal"] = Net(focal, b=dict(alpha_t=vec(0.25, 0.5, 0.75)), net=L(4, 3)), (x, t)
N["target-statistics"] = Net(lambda s, x, t: ((s.net(x) - (t - s.t_mean) / s.t_std) ** 2).mean(1), b=dict(t_mean=randn(3), t_std=rand(3) + 0.5), net=mlp()), (x, t)
N["known-variances"] = Net(lambda s, x, t: ((s.net(x) - t) ** 2 / s.var).sum(1), b=dict(var=rand(3) + 0.5), net=mlp()), (x, t)
N["cost-matrix"] = Net(lambda s, x, t: (torch.softmax(s.net(x), 1) @ s.cost * torch.softmax(t, 1)).sum(1), b=dict(cost=vec([0.0, 1, 4], [1, 0, 1], [4, 1, 0])), net=mlp()), (x, t)
N["label-smoothing"] = Net(lambda s, x, t: -(torch.log_softmax(s.net(x), 1) * (torch.softmax(t, 1) * 0.9 + s.prior_dist * 0.1)).sum(1), b=dict(prior_dist=torch.softmax(randn(3), 0)), net=mlp()), (x, t)
N["distillation"] = Net(lambda s, x, t: F.kl_div(torch.log_softmax(s.net(x) / s.T, 1), torch.softmax(t / s.T, 1), reduction="none").sum(1), b=dict(T=vec(4.0)[0]), net=mlp()), (x, t)
# Trained tensors in the same places.
N["uncertainty"] = Net(lambda s, x, t: (torch.exp(-s.log_vars) * (s.net(x) - t) ** 2 + s.log_vars).sum(1), p=dict(log_vars=randn(3) / 9), net=mlp()), (x, t)
N["sigma"] = Net(lambda s, x, t: ((s.net(x) - t) ** 2 / (2 * s.sigma**2) + torch.log(s.sigma)).sum(1), p=dict(sigma=rand(3) + 0.5), net=mlp()), (x, t)
N["variance-shared"] = Net(lambda s, x, t: (0.5 * (s.net(x) - t) ** 2 * torch.exp(-s.logvar) + 0.5 * s.logvar).sum(1), p=dict(logvar=torch.zeros(1)), net=mlp()), (x, t)
N["ppo"] = Net(lambda s, x, t: -torch.distributions.Normal(s.net(x), s.log_std.exp(), validate_args=False).log_prob(t).sum(1), p=dict(log_std=torch.zeros(3)), net=mlp(act=nn.Tanh)), (x, t)
N["centre-loss"] = Net(lambda s, x, label: ((s.net(x) - s.centers[label]) ** 2).sum(1), p=dict(centers=randn(5, 3)), net=L(4, 3)), (x, torch.randint(0, 5, (8,)))
N["clip"] = Net(lambda s, x, t: s.logit_scale.exp() * F.normalize(s.left(x), dim=1) @ F.normalize(s.right(t), dim=1).t(), p=dict(logit_scale=vec(2.6593)[0]), left=L(4, 5), right=L(3, 5)), (x, t)

# Ranges of outputs.
N["sac"] = Net(lambda s, x: torch.tanh(s.net(x)) * s.action_scale + s.action_bias, b=dict(action_scale=vec(2.0, 1.5, 0.7), action_bias=vec(0.1, 0.2, 0.3)), net=mlp()), (x,)
N["denormalized"] = Net(lambda s, x: s.net(x) * s.out_sigma + s.out_mu, b=dict(out_mu=randn(3), out_sigma=rand(3)), net=mlp()), (x,)
N["c51"] = Net(lambda s, x: (torch.softmax(s.net(x), 1) * s.support).sum(1), b=dict(support=torch.linspace(-10, 10, 51)), net=mlp(o=51)), (x,)
N["dfl"] = Net(lambda s, x: torch.softmax(s.net(x), 1).matmul(s.proj), b=dict(proj=torch.arange(3.0)), net=mlp()), (x,)
N["logit-adjustment"] = Net(lambda s, x: s.net(x) + s.logit_adjustment, b=dict(logit_adjustment=torch.log(vec(0.7, 0.2, 0.1))), net=mlp()), (x,)
N["yolo"] = Net(lambda s, x: (torch.exp(s.c(x).view(-1, 2, 2, 8, 8)) * s.anchor_wh + s.cells).flatten(1), b=dict(anchor_wh=vec([1.25, 1.625], [2.0, 3.75]).view(1, 2, 2, 1, 1), cells=torch.stack(torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij"))[None, None]), c=nn.Conv2d(3, 4, 1)), (image,)
N["temperature"] = Net(lambda s, x: s.net(x) / s.temperature, b=dict(temperature=vec(1.7)[0]), net=mlp()), (x,)
N["arcface"] = Net(lambda s, x: F.linear(F.normalize(s.net(x)), F.normalize(s.weight)) * s.s, p=dict(weight=randn(5, 3)), b=dict(s=vec(30.0)[0]), net=mlp()), (x,)
N["thresholds"] = Net(lambda s, x: s.net(x) + s.thresholds, p=dict(thresholds=vec(1.0, 0, -1)), net=mlp(o=1, bias=False)), (x,)
N["cutpoints"] = Net(lambda s, x: torch.sigmoid(s.cutpoints - s.net(x)), p=dict(cutpoints=vec(-1.0, 0, 1)), net=mlp(o=1, bias=False)), (x,)
N["output-gamma"] = Net(lambda s, x: s.net(x) * s.gamma, p=dict(gamma=torch.full((3,), 1e-2)), net=mlp()), (x,)
N["output-scales"] = Net(lambda s, x: s.net(x) * s.scales, p=dict(scales=1 + randn(3) / 9), net=mlp()), (x,)

# What is done to inputs.
N["image-statistics"] = Net(lambda s, x: s.net(F.relu(s.c((x - s.mean) / s.std)).mean((2, 3))), b=dict(mean=vec(0.485, 0.456, 0.406).view(1, 3, 1, 1), std=vec(0.229, 0.224, 0.225).view(1, 3, 1, 1)), c=nn.Conv2d(3, 4, 3), net=mlp()), (image,)
N["shift-and-scale"] = Net(lambda s, x: s.net((x - s.shift) * s.scale), b=dict(shift=randn(4), scale=rand(4) + 0.5), net=mlp()), (x,)
N["least-and-largest"] = Net(lambda s, x: s.net((x - s.x_min) / (s.x_max - s.x_min)), b=dict(x_min=randn(4) - 3, x_max=rand(4) + 3), net=mlp()), (x,)
N["observations"] = Net(lambda s, x: s.net(((x - s.obs_mean) / torch.sqrt(s.obs_var + 1e-8)).clamp(-10, 10)), b=dict(obs_mean=randn(4), obs_var=rand(4) + 0.5), net=mlp()), (x,)
N["masses"] = Net(lambda s, x: s.net(x * s.masses), b=dict(masses=vec(1.008, 12.011, 14.007, 15.999)), net=mlp()), (x,)
N["signs"] = Net(lambda s, x: s.net(x * s.signs), b=dict(signs=vec(1.0, -1, -1, 1)), net=mlp()), (x,)
N["hann"] = Net(lambda s, x: s.net(x * s.win), b=dict(win=torch.hann_window(16)), net=mlp(16)), (signal,)
N["mel"] = Net(lambda s, x: s.net(torch.log(x.exp() @ s.fb + 1e-6)), b=dict(fb=torch.relu(1 - (torch.arange(4.0)[:, None] - torch.linspace(0, 3, 4)).abs())), net=mlp()), (x,)
N["dct"] = Net(lambda s, x: s.net(x @ s.dct), b=dict(dct=vec(*[[math.cos(math.pi / 4 * (n + 0.5) * k) for k in range(4)] for n in range(4)])), net=mlp()), (x,)
N["pca"] = Net(lambda s, x: s.net((x - s.pca_mean) @ s.components), b=dict(components=torch.linalg.qr(randn(4, 4))[0], pca_mean=randn(4)), net=mlp()), (x,)
N["hadamard"] = Net(lambda s, x: s.net(x @ s.H), b=dict(H=hadamard), net=mlp()), (x,)
N["input-scale"] = Net(lambda s, x: s.net(x * s.in_scale), p=dict(in_scale=torch.ones(4)), net=mlp()), (x,)
N["actnorm"] = Net(lambda s, x: s.scale * (x + s.loc) + s.net(s.scale * (x + s.loc)), p=dict(loc=randn(4), scale=rand(4) + 0.5), net=mlp(o=4)), (x,)

# Filters.
N["blur"] = Net(lambda s, x: s.net(F.relu(s.c(F.conv2d(x, s.kernel, groups=3, padding=1))).mean((2, 3))), b=dict(kernel=blur[None, None].repeat(3, 1, 1, 1)), c=nn.Conv2d(3, 4, 3), net=mlp()), (image,)
N["blur-pool"] = Net(lambda s, x: s.net(F.conv2d(F.relu(s.c(x)), s.filt, groups=4, stride=2).mean((2, 3))), b=dict(filt=blur[None, None].repeat(4, 1, 1, 1)), c=nn.Conv2d(3, 4, 3), net=mlp()), (image,)
N["gauss"] = Net(lambda s, x: s.net(F.relu(s.c(F.conv2d(x[:, :1], s.window, padding=2))).mean((2, 3))), b=dict(window=gauss[None, None]), c=nn.Conv2d(1, 4, 3), net=mlp()), (image,)
N["sobel"] = Net(lambda s, x: s.net(F.relu(s.c(F.conv2d(x, s.sobel, groups=3))).mean((2, 3))), b=dict(sobel=sobel[None, None].repeat(3, 1, 1, 1)), c=nn.Conv2d(3, 4, 3), net=mlp()), (image,)
edge = nn.Conv2d(3, 2, 3, bias=False)
edge.weight = P(torch.stack([sobel, sobel.t()])[:, None].repeat(1, 3, 1, 1) / 3, requires_grad=False)
N["sobel-as-weight"] = Net(lambda s, x: s.h(torch.relu(s.c(s.edge(x))).mean((2, 3))), edge=edge, c=nn.Conv2d(2, 2, 3), h=L(2, 3)), (image,)
N["depthwise"] = Net(lambda s, x: s.h(torch.relu(s.u(s.c(x))).mean((2, 3))), c=nn.Conv2d(3, 3, 3, groups=3), u=nn.ConvTranspose2d(3, 3, 2, stride=2, groups=3), h=L(3, 3)), (image,)
def sinc(s, x):
    f = torch.sin((1 + s.low_hz_.abs()) @ s.n_) / s.n_ * s.window_
    return s.h(torch.relu(F.conv1d(x[:, None], f[:, None])).mean(2))
N["sinc"] = Net(sinc, p=dict(low_hz_=rand(4, 1)), b=dict(n_=2 * math.pi * torch.arange(-9.0, 0)[None] / 16, window_=torch.hamming_window(18)[:9]), h=L(4, 3)), (signal,)

# Positions, tables, schedules.
attend = lambda s, x, b: torch.softmax(s.q(x) @ x.transpose(1, 2) / 2 + b, -1) @ x
N["sinusoids"] = Net(lambda s, x: s.net(x + s.pe).mean(1), b=dict(pe=sinusoids[None]), net=mlp()), (sequence,)
N["sinusoids-scaled"] = Net(lambda s, x: s.net(x * 2 + s.pos_table).mean(1), b=dict(pos_table=sinusoids[None] / 2), net=mlp()), (sequence,)
N["alibi"] = Net(lambda s, x: s.net(attend(s, x, s.alibi)).mean(1), b=dict(alibi=(position - position.t()).abs() * -0.25), q=L(4, 4), net=mlp()), (sequence,)
N["causal"] = Net(lambda s, x: s.net(attend(s, x, s.mask)).mean(1), b=dict(mask=torch.triu(torch.full((T, T), float("-inf")), 1)), q=L(4, 4), net=mlp()), (sequence,)
def vit(s, x):
    h = torch.cat([s.cls_token.expand(x.shape[0], -1, -1), s.emb(x)], 1) + s.pos_embed
    h = h + torch.softmax(s.q(h) @ h.transpose(1, 2) / 6**0.5, -1) @ h
    return s.head(torch.where(h[..., :1] > 1.5, s.mask_token, h)[:, 0])
N["vit"] = Net(vit, p=dict(cls_token=torch.zeros(1, 1, 6), pos_embed=randn(1, T + 1, 6) / 50, mask_token=randn(6)), emb=L(4, 6), q=L(6, 6), head=L(6, 3)), (sequence,)
offsets = torch.arange(T)[:, None] - torch.arange(T) + T - 1
N["swin"] = Net(lambda s, x: s.head(attend(s, x, s.relative_position_bias_table[s.index.view(-1)].view(T, T)).mean(1)), p=dict(relative_position_bias_table=randn(2 * T - 1) / 50), b=dict(index=offsets), q=L(4, 4), head=L(4, 3)), (sequence,)
N["conformer"] = Net(lambda s, x: s.head((torch.softmax((s.q(x) + s.pos_bias_u) @ s.k(x).transpose(1, 2), -1) @ x).mean(1)), p=dict(pos_bias_u=randn(6) / 9), q=L(4, 6), k=L(4, 6, bias=False), head=L(4, 3)), (sequence,)
N["level-embedding"] = Net(lambda s, x: s.head(torch.relu(s.proj(x) + s.level_embed[1])).mean(1), p=dict(level_embed=randn(3, 6)), proj=L(4, 6), head=L(6, 3)), (sequence,)
def denoising(s, x, step, eps):
    noisy = s.sqrt_alphas_cumprod[step][:, None] * x + s.sqrt_one_minus_alphas_cumprod[step][:, None] * eps
    return ((s.net(torch.cat([noisy, step[:, None] / 50.0], 1)) - eps) ** 2).mean(1)
N["diffusion"] = Net(denoising, b=dict(sqrt_alphas_cumprod=noise_free.sqrt(), sqrt_one_minus_alphas_cumprod=(1 - noise_free).sqrt()), net=mlp(5, 4)), (x, torch.randint(0, 50, (8,)), randn(8, 4))
N["factorization-machine"] = Net(lambda s, i: s.h(s.v(i)) + s.bias[i][:, None] + s.w0, p=dict(bias=torch.zeros(20), w0=torch.zeros(1)), v=nn.Embedding(20, 3), h=L(3, 3)), (torch.randint(0, 20, (8,)),)

# Gains, gates, slopes and lengths.
def cait(s, x):
    h = s.inp(x)
    h = h + s.gamma_1 * s.f1(s.n1(h))
    return s.head(h + s.ls2 * s.f2(h))
N["layer-scale"] = Net(cait, p=dict(gamma_1=torch.full((6,), 1e-2), ls2=torch.full((6,), 1e-2)), inp=L(4, 6), n1=nn.LayerNorm(6), f1=L(6, 6), f2=mlp(6, 6), head=L(6, 3)), (x,)
def norms(s, x):
    h = s.a(x)
    h = h * torch.rsqrt(h.pow(2).mean(1, keepdim=True) + 1e-6) * s.g
    return s.out((h - h.mean(1, keepdim=True)) / (h.std(1, keepdim=True) + 1e-5) * s.scale + s.offset)
N["written-norms"] = Net(norms, p=dict(g=torch.ones(6), scale=rand(6), offset=torch.zeros(6)), a=L(4, 6), out=L(6, 3)), (x,)
N["affine"] = Net(lambda s, x: s.out(torch.relu(s.a(x) * s.mult + s.shift)), p=dict(shift=torch.zeros(6), mult=torch.ones(6)), a=L(4, 6, bias=False), out=L(6, 3)), (x,)
N["snake"] = Net(lambda s, x: s.out(torch.sin(s.s * s.act(s.a(x))) ** 2 / s.s), p=dict(s=rand(6) + 0.5), a=L(4, 6), act=nn.PReLU(6), out=L(6, 3)), (x,)
N["gates"] = Net(lambda s, x: s.h(torch.sigmoid(s.mix) * torch.tanh(s.a(x)) + (1 - torch.sigmoid(s.mix)) * torch.relu(s.other(x))), p=dict(mix=rand(6)), a=L(4, 6), other=L(4, 6), h=L(6, 3)), (x,)
N["spectral-and-weight-norm"] = Net(lambda s, x: s.out(torch.tanh(s.a(x))), a=nn.utils.spectral_norm(L(4, 6)), out=nn.utils.weight_norm(L(6, 3))), (x,)
N["lora"] = Net(lambda s, x: s.net(x) + s.up(s.down(x)) * s.scaling, b=dict(scaling=vec(0.5)[0]), net=mlp(), down=L(4, 2, bias=False), up=L(2, 3, bias=False)), (x,)
N["style"] = Net(lambda s, x: s.g((s.c(x) + s.noise_const * s.noise_strength).relu().mean((2, 3))), p=dict(noise_strength=vec(0.03)[0]), b=dict(noise_const=randn(6, 6)), c=nn.Conv2d(3, 4, 3), g=L(4, 3)), (image,)
N["noisy"] = Net(lambda s, x: F.linear(torch.relu(s.a(x)), s.weight_mu + s.weight_sigma * s.weight_epsilon), p=dict(weight_mu=randn(3, 6), weight_sigma=torch.full((3, 6), 0.1)), b=dict(weight_epsilon=randn(3, 6)), a=L(4, 6)), (x,)

# Centres, codebooks and fixed maps.
def codes(s, x):
    z = s.enc(x)
    return s.dec(s.codebook[((z[:, None] - s.codebook) ** 2).sum(-1).argmin(1)])
N["codebook-trained"] = Net(codes, p=dict(codebook=randn(7, 5)), enc=L(4, 5), dec=L(5, 3)), (x,)
N["codebook-averaged"] = Net(codes, b=dict(codebook=randn(7, 5)), enc=L(4, 5), dec=L(5, 3)), (x,)
radial = lambda s, x: s.h(torch.exp(-2 * (x[:, :1] - s.mu) ** 2))
N["centres-trained"] = Net(radial, p=dict(mu=torch.linspace(-2, 2, 6) + randn(6) / 99), h=L(6, 3)), (x,)
N["centres-fixed"] = Net(radial, b=dict(mu=torch.linspace(-2, 2, 6)), h=L(6, 3)), (x,)
N["landmarks"] = Net(lambda s, x: s.net(torch.exp(-((x[:, None] - s.landmarks[None]) ** 2).sum(-1))), b=dict(landmarks=randn(4, 4)), net=mlp()), (x,)
N["rotation"] = Net(lambda s, x: s.h(torch.relu(s.a(x) @ s.rot)), b=dict(rot=torch.linalg.qr(randn(6, 6))[0]), a=L(4, 6), h=L(6, 3)), (x,)
N["reservoir"] = Net(lambda s, x: s.read(torch.tanh(torch.tanh(x @ s.W_in) @ s.W_res)), b=dict(W_in=randn(4, 6), W_res=randn(6, 6) / 3), read=L(6, 3)), (x,)
N["neighbours"] = Net(lambda s, x: s.h(s.A @ torch.relu(s.a(x))).mean(1), b=dict(A=neighbours / neighbours.sum(1, keepdim=True)), a=L(4, 6), h=L(6, 3)), (sequence,)
N["queue"] = Net(lambda s, x: torch.cat([(s.q(x) * s.k(x)).sum(1, keepdim=True), s.q(x) @ s.queue], 1) / 0.07, b=dict(queue=F.normalize(randn(6, 10), dim=0)), q=L(4, 6), k=L(4, 6)), (x,)
N["teacher"] = Net(lambda s, x: ((s.net(x) - x @ s.teacher_w) ** 2).mean(1), b=dict(teacher_w=randn(4, 3)), net=mlp()), (x,)
N["latents"] = Net(lambda s, x: s.head(torch.softmax(s.q(s.latents) @ s.k(x).transpose(1, 2), -1) @ x).mean(1), p=dict(latents=randn(4, 6)), q=L(6, 4), k=L(4, 4), head=L(4, 3)), (sequence,)
N["gaussian-process"] = Net(lambda s, x: s.h(torch.exp(-0.5 * ((x / F.softplus(s.raw_lengthscale))[:, None] - s.inducing_points).pow(2).sum(-1))), p=dict(raw_lengthscale=torch.zeros(4), inducing_points=randn(5, 4)), h=L(5, 3)), (x,)

# Norms that are frozen with their statistics, second gains, masks, positions of two coordinates.
class FrozenNorm(nn.Module):
    def __init__(self, n):
        super().__init__()
        for name, value in dict(weight=rand(n) + 0.5, bias=randn(n), running_mean=randn(n), running_var=rand(n) + 0.5).items():
            self.register_buffer(name, value)

    def forward(self, x):
        each = lambda name: getattr(self, name).reshape(1, -1, 1, 1)
        scale = each("weight") * (each("running_var") + 1e-5).rsqrt()
        return x * scale + (each("bias") - each("running_mean") * scale)


N["frozen-norm"] = Net(lambda s, x: s.h(torch.relu(s.bn1(s.c(x))).mean((2, 3))), c=nn.Conv2d(3, 4, 3, bias=False), bn1=FrozenNorm(4), h=L(4, 3)), (image,)
N["second-gain"] = Net(lambda s, x: s.net(s.norm(x) * s.feature_weights), b=dict(feature_weights=rand(4)), norm=nn.LayerNorm(4), net=mlp()), (x,)
N["coupling"] = Net(lambda s, x: s.h(s.mask * x + (1 - s.mask) * (x * torch.exp(s.net(s.mask * x)))), b=dict(mask=vec(1.0, 0, 1, 0)), net=mlp(o=4), h=L(4, 3)), (x,)
halves = [torch.stack([torch.sin(c[:, None] * frequency), torch.cos(c[:, None] * frequency)], -1).flatten(1) for c in (torch.arange(6.0) // 3, torch.arange(6.0) % 3)]
N["positions-of-two"] = Net(lambda s, x: s.h(torch.tanh(s.e(x) + s.pos_embed)).mean(1), b=dict(pos_embed=torch.cat([torch.zeros(1, 8), torch.cat(halves, 1)])[None]), e=L(4, 8), h=L(8, 3)), (randn(4, 7, 4),)

# Single numbers that nobody trains: bounds of weights, margins, shares, statistics of the data.
class AtLeast(nn.Module):
    """The reparametrisation of GDN (Balle 2016)."""

    def __init__(self, least=0.0, offset=2**-18):
        super().__init__()
        self.register_buffer("pedestal", vec(offset**2))
        self.register_buffer("bound", vec((least + offset**2) ** 0.5))

    def forward(self, v):
        return torch.max(v, self.bound) ** 2 - self.pedestal


class Normalization(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.least_beta, self.least_gamma = AtLeast(1e-6), AtLeast()
        self.beta, self.gamma = P(torch.ones(n)), P((0.1 * torch.eye(n) + 2**-36).sqrt())

    def forward(self, x):
        return x * torch.rsqrt(F.conv2d(x**2, self.least_gamma(self.gamma)[:, :, None, None], self.least_beta(self.beta)))


N["divisive"] = Net(lambda s, x: s.h(s.gdn(s.c(x)).mean((2, 3))), c=nn.Conv2d(3, 4, 3), gdn=Normalization(4), h=L(4, 3)), (image,)
def rotations(s, head, relation):
    turn = s.relation_embedding[relation] / (s.embedding_range / math.pi)
    return s.gamma - (s.entity_embedding[head] * torch.cos(turn) - torch.sin(turn)).norm(dim=1, keepdim=True)
N["rotations"] = Net(rotations, p=dict(entity_embedding=randn(9, 4), relation_embedding=randn(5, 4)), b=dict(gamma=vec(12.0), embedding_range=vec(3.5))), (torch.randint(0, 9, (8,)), torch.randint(0, 5, (8,)))
N["teleport"] = Net(lambda s, x: s.alpha * s.a(x) + (1 - s.alpha) * torch.tanh(s.c(s.a(x))), b=dict(alpha=vec(0.1)[0]), a=L(4, 3), c=L(3, 3)), (x,)
N["targets-standardized"] = Net(lambda s, x: s.net(x) * s.y_spread + s.y_centre, b=dict(y_centre=t.mean() + 3, y_spread=t.std()), net=mlp()), (x,)
N["inputs-standardized"] = Net(lambda s, x: s.net((x - s.x_low) / s.x_width), b=dict(x_low=x.min(), x_width=x.max() - x.min()), net=mlp()), (x,)
filter_response = lambda s, x: s.h(torch.max(s.gain * (s.c(x) * torch.rsqrt(s.c(x).pow(2).mean((2, 3), keepdim=True) + s.eps)), s.tau).mean((2, 3)))
N["filter-response"] = Net(filter_response, p=dict(gain=torch.ones(1, 4, 1, 1), tau=torch.full((1, 4, 1, 1), -1.0), eps=vec(1e-6)), c=nn.Conv2d(3, 4, 3), h=L(4, 3)), (image,)
N["upper"] = Net(lambda s, x: s.h(torch.relu(s.upper - torch.sigmoid(s.a(x)))), p=dict(upper=torch.ones(1)), a=L(4, 6), h=L(6, 3)), (x,)

# Tensors in the places of those that are trained: masks, biases, tables, noise, whole modules.
flow = lambda s, x: sum(torch.tanh(s.l[i](s.mask[i] * x)) * (1 - s.mask[i]) for i in range(2))
N["masks"] = Net(lambda s, x: s.h(flow(s, x)), b=dict(mask=vec([0.0, 1, 0, 1], [1, 0, 1, 0])), l=nn.ModuleList([L(4, 4), L(4, 4)]), h=L(4, 3)), (x,)
N["chosen-features"] = Net(lambda s, x: s.h(torch.relu(s.a(x)) * s.feature_gate), b=dict(feature_gate=vec(1.0, 0, 1, 1, 0, 1)), a=L(4, 6), h=L(6, 3)), (x,)
N["learned-mask"] = Net(lambda s, x: s.h(torch.relu(F.linear(x, s.weight * s.mask, s.bias))), p=dict(weight=randn(6, 4), bias=torch.zeros(6), mask=torch.ones(6, 4)), h=L(6, 3)), (x,)
N["typed-after-norm"] = Net(lambda s, x: s.net(s.norm(x) * s.feature_weights), b=dict(feature_weights=vec(0.5, 1, 2, 0.25)), norm=nn.LayerNorm(4), net=mlp()), (x,)
N["branches-scaled"] = Net(lambda s, x: s.h(s.a(x) + s.path_scale * torch.tanh(s.c(s.a(x)))), b=dict(path_scale=torch.linspace(0.9, 0.1, 6)), a=L(4, 6), c=L(6, 6), h=L(6, 3)), (x,)
N["routes"] = Net(lambda s, x: (torch.softmax(s.gate(x) + s.correction_bias, 1)[..., None] * s.experts(x).view(-1, 3, 3)).sum(1), b=dict(correction_bias=vec(0.012, -0.034, 0.022)), gate=L(4, 3, bias=False), experts=L(4, 9)), (x,)
N["class-frequencies"] = Net(lambda s, x: s.net(x) + s.log_freq, b=dict(log_freq=torch.log_softmax(randn(3), 0)), net=mlp(bias=False)), (x,)
N["offsets-of-outputs"] = Net(lambda s, x: s.net(x) + s.offsets, b=dict(offsets=randn(3)), net=mlp(bias=False)), (x,)
N["class-codes"] = Net(lambda s, x, i: s.h(torch.relu(s.a(x) + s.codes[i])), b=dict(codes=randn(5, 6)), a=L(4, 6), h=L(6, 3)), (x, torch.randint(0, 5, (8,)))
positions = nn.Embedding(T, 4)
positions.weight = P(torch.cat([torch.sin(position * frequency), torch.cos(position * frequency)], 1), requires_grad=False)
N["positions-embedded"] = Net(lambda s, x: s.net(s.a(x) + s.embed_positions(torch.arange(T))).mean(1), embed_positions=positions, a=L(4, 4), net=mlp()), (sequence,)
N["rainbow"] = Net(lambda s, x: F.linear(torch.relu(s.a(x)), s.weight_mu + s.weight_sigma * s.weight_epsilon, s.bias_mu + s.bias_sigma * s.bias_epsilon), p=dict(weight_mu=randn(3, 6), weight_sigma=torch.full((3, 6), 0.1), bias_mu=randn(3), bias_sigma=torch.full((3,), 0.1)), b=dict(weight_epsilon=randn(3, 6), bias_epsilon=randn(3)), a=L(4, 6)), (x,)
N["teacher-module"] = Net(lambda s, x: ((s.student(x) - s.teacher(x)) ** 2).mean(1), student=mlp(), teacher=mlp().requires_grad_(False)), (x,)
N["adapters"] = Net(lambda s, x: s.h(torch.relu(s.base(x) + s.lora_B(s.lora_A(x)) * 0.5)), base=L(4, 6).requires_grad_(False), lora_A=L(4, 2, bias=False), lora_B=L(2, 6, bias=False), h=L(6, 3)), (x,)

# Networks of which all is trained, before training and after.
N["gates-of-nothing"] = Net(lambda s, x: s.o(s.i(x) + s.a0 * torch.tanh(s.l(s.i(x)))), p=dict(a0=torch.zeros(1)), i=L(4, 6), l=L(6, 6), o=L(6, 3)), (x,)
N["convnext"] = Net(lambda s, x: s.h((s.c(x) + (s.gamma * s.up(s.n(s.d(s.c(x)).permute(0, 2, 3, 1)))).permute(0, 3, 1, 2)).mean((2, 3))), p=dict(gamma=torch.full((4,), 1e-6)), c=nn.Conv2d(3, 4, 2, 2), d=nn.Conv2d(4, 4, 3, padding=1, groups=4), n=nn.LayerNorm(4), up=L(4, 4), h=L(4, 3)), (image,)
N["cross-covariance"] = Net(lambda s, x: s.h((torch.softmax(F.normalize(s.q(x), dim=-1) @ F.normalize(s.k(x), dim=-1).transpose(1, 2) * s.temperature, -1) @ x).mean(1)), p=dict(temperature=torch.ones(1, 1, 1)), q=L(4, 4), k=L(4, 4), h=L(4, 3)), (sequence,)
N["swish"] = Net(lambda s, x: s.h(s.a(x) * torch.sigmoid(s.beta * s.a(x))), p=dict(beta=vec(1.0)[0]), a=L(4, 6), h=L(6, 3)), (x,)
N["bottleneck"] = Net(lambda s, x: s.h(s.act(s.n2(s.c2(s.act(s.n1(s.c1(x)))))).mean((2, 3))), c1=nn.Conv2d(3, 4, 3, bias=False), n1=nn.BatchNorm2d(4), c2=nn.Conv2d(4, 4, 3, bias=False), n2=nn.BatchNorm2d(4), act=nn.PReLU(), h=L(4, 3)), (image,)
N["selective"] = Net(lambda s, x: s.h(sum(torch.exp(-i * s.A_log.exp() * F.softplus(s.dt(x[:, T - 1 - i]))) for i in range(3)) + s.D * s.i(x[:, -1])), p=dict(A_log=torch.log(torch.arange(1.0, 7)), D=torch.ones(6)), dt=L(4, 6), i=L(4, 6), h=L(6, 3)), (sequence,)
N["recurrent"] = Net(lambda s, x: s.h(s.rnn(x)[0][:, -1]), rnn=nn.GRU(4, 6, batch_first=True), h=L(6, 3)), (sequence,)
N["language-model"] = Net(lambda s, i: s.head(s.ln(s.wte(i) + s.wpe(torch.arange(T)) + torch.tanh(s.fc(s.wte(i))))).mean(1), wte=nn.Embedding(9, 6), wpe=nn.Embedding(T, 6), fc=L(6, 6), ln=nn.LayerNorm(6), head=L(6, 9, bias=False)), (torch.randint(0, 9, (8, T)),)

# Factors of the start of a weight, and numbers of a loss, as single numbers.
N["equalized"] = Net(lambda s, x: s.h(torch.relu(F.linear(x, s.weight * s.factor, s.bias))), p=dict(weight=randn(6, 4), bias=torch.zeros(6)), b=dict(factor=x.std() / 4**0.5), h=L(6, 3)), (x,)
N["huber"] = Net(lambda s, x, t: torch.where((s.net(x) - t).abs() < s.knee, (s.net(x) - t) ** 2, 2 * s.knee * (s.net(x) - t).abs() - s.knee**2).sum(1), b=dict(knee=t.std()), net=mlp()), (x, t)

# Addends, limits and factors of activations, under names that say nothing.
N["inputs-perturbed"] = Net(lambda s, x: s.net(x + s.noise), b=dict(noise=randn(4)), net=mlp()), (x,)
N["pattern"] = Net(lambda s, x: s.h(torch.relu(s.a(x)) + s.pattern), b=dict(pattern=randn(6)), a=L(4, 6), h=L(6, 3)), (x,)
N["places"] = Net(lambda s, x: s.h(torch.tanh(s.a(x) + s.pe).mean(1)), b=dict(pe=randn(T, 6)), a=L(4, 6), h=L(6, 3)), (sequence,)
N["clipped"] = Net(lambda s, x: s.net(torch.minimum(torch.maximum(x, s.lo), s.hi)), b=dict(lo=x.min(0)[0] * 0.9, hi=x.max(0)[0] * 0.9), net=mlp()), (x,)
N["activations-scaled"] = Net(lambda s, x: s.h(torch.relu(s.a(x)) / s.sigma_data), b=dict(sigma_data=x.std()), a=L(4, 6), h=L(6, 3)), (x,)
N["target-network"] = Net(lambda s, x: ((s.online(x) - s.target(x)) ** 2).mean(1), online=mlp(), target=mlp().requires_grad_(False)), (x,)

# Centres behind the last layer, from which distances are taken.
def distances(s, x):
    return ((s.net(x)[:, None] - s.cluster_centers[None]) ** 2).sum(-1)


N["prototypes"] = Net(lambda s, x: -distances(s, x), p=dict(cluster_centers=randn(3, 3)), net=mlp()), (x,)
N["mixture"] = Net(lambda s, x: torch.logsumexp(torch.log_softmax(s.pi, 0) - distances(s, x), 1), p=dict(pi=torch.zeros(3), cluster_centers=randn(3, 3)), net=mlp()), (x,)

# Names that other exporters make up for what they compute.
N["short-names"] = Net(lambda s, x: (torch.tanh(x @ s.v1 * s.ones + s.t1 + s.zeros) * s.full) @ s.const + torch.sigmoid(s.t0), p=dict(v1=randn(4, 6), ones=torch.ones(6), t1=randn(6), zeros=torch.full((6,), 0.25), full=torch.tensor(1.2345), const=randn(6, 3), t0=torch.tensor(-1.0))), (x,)


def main():
    truth = {}
    for name, (net, inputs) in N.items():
        names = ["x", "step", "eps"] if len(inputs) == 3 else ["x", "target"][: len(inputs)]
        def export(suffix="", folded=False):
            net.eval()
            mode = torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE
            torch.onnx.export(net, inputs, HERE / f"{name}{suffix}.onnx", input_names=names, output_names=["out"], opset_version=17, dynamic_axes={each: {0: "batch"} for each in [*names, "out"]}, do_constant_folding=folded, training=mode)
            truth[name + suffix] = dict(
                trained={each: p.numel() for each, p in net.named_parameters() if p.requires_grad},
                fixed=[each for each, p in net.named_parameters() if not p.requires_grad] + [each for each, b in net.named_buffers() if b.is_floating_point() or b.dim() > 0],
            )
        if name in INITIAL:
            export("-initial")
        net.train()
        optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-2)
        for _ in range(5):
            optimizer.zero_grad()
            net(*inputs).pow(2).mean().backward()
            optimizer.step()
        export()
        if name in FOLDED:
            export("-folded", folded=True)
    (HERE / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    main()
