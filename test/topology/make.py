"""Diagrams of random grids, graphs and their bottleneck distances, by GUDHI 3.7.1 (Debian's python3-gudhi): oracle.json.

GUDHI's own cubical complexes put the values on the squares. Here they are on the points, so the cubical complex is
given as its barycentric subdivision: a simplex for every chain of cells, with the value of the largest of them.
"""
import itertools, json, math, pathlib
import gudhi
import numpy as np


def cell_values(values):
    """The value of every cell of a grid, a cell being a place of the doubled grid: the largest of its corners."""
    shape = values.shape
    cells = {}
    for place in itertools.product(*[range(2 * n - 1) for n in shape]):
        corners = itertools.product(*[[p // 2] if p % 2 == 0 else [p // 2, p // 2 + 1] for p in place])
        cells[place] = max(values[c] for c in corners)
    return cells


def faces(place):
    """All proper faces."""
    options = [[p] if p % 2 == 0 else [p - 1, p, p + 1] for p in place]
    return [f for f in itertools.product(*options) if f != place]


def grid_bars(values):
    cells = {c: v for c, v in cell_values(values).items() if v < math.inf}
    number = {c: i for i, c in enumerate(cells)}
    tree = gudhi.SimplexTree()
    tree.set_dimension(values.ndim)

    def chains(last):
        yield [last]
        for f in faces(last):
            for chain in chains(f):
                yield chain + [last]

    for c, v in cells.items():
        for chain in chains(c):
            tree.insert([number[f] for f in chain], v)
    return bars(tree)


def graph_bars(values, edges):
    tree = gudhi.SimplexTree()
    for i, v in enumerate(values):
        tree.insert([i], v)
    for i, j in edges:
        tree.insert([i, j], max(values[i], values[j]))
    return [b for b in bars(tree) if b[0] == 0]


def bars(tree):
    found = tree.persistence(homology_coeff_field=2, min_persistence=0, persistence_dim_max=True)
    return [[d, b, number(e)] for d, b, e in sorted((d, b, e) for d, (b, e) in found if b != e)]


def number(x):
    return None if math.isinf(x) else float(x)


rng = np.random.default_rng(20261127)
grids = []
for i in range(50):
    shape = [(7, 9), (12,), (1, 6), (4, 3, 4), (10, 8)][i % 5]
    values = rng.normal(size=shape)
    if i % 3 == 1:
        values = np.round(2 * values)  # ties
    if i % 4 == 3:
        values[rng.random(shape) < 0.12] = math.inf
    grids.append({"shape": shape, "values": [number(x) for x in values.ravel()], "bars": grid_bars(values)})

graphs = []
for i in range(20):
    points = rng.normal(size=(30, 4))
    values = rng.normal(size=30) if i % 2 else np.round(rng.normal(size=30))
    count = 2 + i % 4
    far = ((points[:, None] - points[None]) ** 2).sum(-1)
    near = np.argsort(far, axis=1, kind="stable")[:, 1 : count + 1]
    edges = sorted({(min(a, b), max(a, b)) for a in range(30) for b in map(int, near[a])})
    graphs.append({"points": points.tolist(), "count": count, "values": values.tolist(), "bars": graph_bars(values, edges)})

pairs = []
for i in range(30):
    def diagram(n):
        birth = rng.normal(size=n) if i % 3 else np.round(3 * rng.normal(size=n))
        length = rng.exponential(size=n) if i % 3 else 1 + np.round(2 * rng.exponential(size=n))
        rows = [[b, b + l] for b, l in zip(birth.tolist(), length.tolist())]
        return rows + [[float(rng.normal()), math.inf]] * (i % 2)
    a, b = diagram(int(rng.integers(0, 14))), diagram(int(rng.integers(0, 14)))
    d = gudhi.bottleneck_distance(np.array(a).reshape(-1, 2), np.array(b).reshape(-1, 2), 0)
    pairs.append({"a": [[x, number(y)] for x, y in a], "b": [[x, number(y)] for x, y in b], "distance": d})

text = json.dumps({"grids": grids, "graphs": graphs, "pairs": pairs})
pathlib.Path(__file__).with_name("oracle.json").write_text(text + "\n")
print(len(text))
