"""Writes the NumPy fixtures beside this file; run again only to change them: python3 make_fixtures.py"""
import gzip, json, os, struct
import numpy as np
from numpy.lib import format as npy

here = os.path.dirname(os.path.abspath(__file__))
path = lambda name: os.path.join(here, name)
rng = np.random.default_rng(7)

types = {}
for code in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split():
    for order in "<>":
        if code in ("b1", "i1", "u1") and order == ">":
            continue
        key = ("|" if code[1] == "1" else order) + code
        if code == "b1":
            a = np.array([[True, False, True], [False, False, True]])
        elif code[0] == "f":
            a = np.array([[0.0, -1.5, 6.1e-5], [65504.0, 5.960464477539063e-08, 1 / 3]]).astype(code)
        else:
            info = np.iinfo(code)
            low, high = max(info.min, -(2**53 - 1)), min(info.max, 2**53 - 1)
            a = np.array([[low, high, 0], [1, 2, 100]])
        types["little" + code if key[0] in "<|" else "big" + code] = a.astype(key)
np.savez(path("types.npz"), **types)
json.dump({k: {"shape": list(v.shape), "values": v.astype(np.float64).ravel().tolist()} for k, v in types.items()}, open(path("types.json"), "w"))

grid = np.arange(24, dtype=np.float64).reshape(4, 3, 2)
for version in ((1, 0), (2, 0), (3, 0)):
    with open(path(f"version{version[0]}.npy"), "wb") as f:
        npy.write_array(f, grid, version=version)
np.savez_compressed(path("layouts.npz"), **{
    "fortran": np.asfortranarray(grid), "scalar": np.float32(2.5), "empty": np.zeros((0, 5), np.float32),
    "/block.0/MatMul::weight": grid.astype(np.float32), "vector": np.arange(5), "größe": np.arange(2.0),
})

np.savez(path("images.npz"), x=rng.standard_normal((6, 4)).astype(np.float32), y=np.array([0, 1, 2, 0, 1, 2]))

images = (np.arange(5 * 2 * 3) * 8).astype(">u1").reshape(5, 2, 3)
os.makedirs(path("idx"), exist_ok=True)
idx = struct.pack(">BBBBIII", 0, 0, 8, 3, 5, 2, 3) + images.tobytes()
labels = struct.pack(">BBBBI", 0, 0, 8, 1, 5) + bytes([3, 1, 4, 1, 5])
open(path("idx/train-images-idx3-ubyte.gz"), "wb").write(gzip.compress(idx, mtime=0))
open(path("idx/train-labels-idx1-ubyte"), "wb").write(labels)
open(path("idx/t10k-images-idx3-ubyte"), "wb").write(struct.pack(">BBBBIII", 0, 0, 8, 3, 1, 2, 3) + images[:1].tobytes())
open(path("idx/t10k-labels-idx1-ubyte"), "wb").write(struct.pack(">BBBBI", 0, 0, 8, 1, 1) + bytes([3]))
