"""Writes PNG and JPEG files into pictures/, with Pillow 12.3.0 (libjpeg-turbo) or by hand, and their pixels: pictures.npz."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

here = Path(__file__).parent
out = here / "pictures"
rng = np.random.default_rng(11)
pixels = {}


def keep(name, data, read=None):
    (out / name).write_bytes(data)
    pixels[name] = np.asarray(Image.open(io.BytesIO(data))) if read is None else read


def encoded(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, kind, **options)
    return buffer.getvalue()


def noise(*shape, below=256):
    return rng.integers(0, below, shape).astype(np.uint8)


for subsampling, name in enumerate(["444", "422", "420"]):
    for height, width in [(1, 1), (3, 5), (17, 19)]:
        image = noise(height, width, 3)
        keep(f"{name}-{height}x{width}.jpg", encoded(image, quality=75, subsampling=subsampling))
        keep(f"{name}-{height}x{width}-progressive.jpg", encoded(image, quality=90, subsampling=subsampling, progressive=True))
image = noise(32, 32, 3)
keep("restart.jpg", encoded(image, quality=70, restart_marker_blocks=3))
keep("rgb.jpg", encoded(image, quality=90, keep_rgb=True, subsampling=0))
keep("worst.jpg", encoded(image, quality=1))
keep("grey.jpg", encoded(noise(9, 10), quality=60, progressive=True))
# The same number of units either way: sampled down instead of across.
swapped = bytearray(encoded(image, quality=70, subsampling=1))
swapped[swapped.index(b"\xff\xc0") + 11] = 0x12
keep("440.jpg", bytes(swapped))
exif = Image.Exif()
exif[0x0112] = 6
keep("turned.jpg", encoded(noise(8, 8, 3), exif=exif))
(out / "cmyk.jpg").write_bytes(encoded(Image.fromarray(noise(8, 8, 4), "CMYK")))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(a, depth):
    """Each row behind the number of a filter, which is drawn."""
    height, width, channels = a.shape
    step = max(1, depth * channels // 8)
    above, text = None, b""
    for row in a if width else []:
        if depth == 16:
            line = np.frombuffer(row.astype(">u2").tobytes(), np.uint8).astype(int)
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in row.ravel())
            bits += "0" * (-len(bits) % 8)
            line = np.array([int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)])
        up = np.zeros_like(line) if above is None else above
        left = np.concatenate([np.zeros(step, int), line])[: len(line)]
        corner = np.concatenate([np.zeros(step, int), up])[: len(line)]
        da, db, dc = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        paeth = np.where((da <= db) & (da <= dc), left, np.where(db <= dc, up, corner))
        kind = int(rng.integers(0, 5))
        guess = [0 * line, left, up, (left + up) // 2, paeth][kind]
        text += bytes([kind]) + ((line - guess) % 256).astype(np.uint8).tobytes()
        above = line
    return text


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(a, depth, kind, interlaced):
    height, width, _ = a.shape
    parts = [a[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [a]
    data = zlib.compress(b"".join(rows(part, depth) for part in parts))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    ends = chunk(b"IDAT", data[: len(data) // 2]) + chunk(b"IDAT", data[len(data) // 2 :]) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + ends


for depth, kind, channels in [(1, 0, 1), (2, 0, 1), (4, 0, 1), (8, 0, 1), (16, 0, 1), (8, 2, 3), (16, 2, 3), (8, 4, 2), (16, 6, 4)]:
    for interlaced in (0, 1):
        a = rng.integers(0, 2**depth, (5, 9, channels))
        data = png(a, depth, kind, interlaced)
        if depth == 8:
            assert (np.asarray(Image.open(io.BytesIO(data))).reshape(a.shape) == a).all()
        spread = a.astype(np.uint16) if depth == 16 else (a * (255 // (2**depth - 1))).astype(np.uint8)
        keep(f"{depth}-{kind}-{interlaced}.png", data, spread)
palette = Image.fromarray(noise(5, 7, below=16), "P")
palette.putpalette(noise(48).tobytes())
data = encoded(palette, "PNG", bits=4)
keep("palette.png", data, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
data = encoded(palette, "PNG", bits=4, transparency=noise(16).tobytes())
keep("palette-clear.png", data, np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")))
image = noise(4, 4, 3)
data = encoded(image, "PNG", transparency=tuple(int(v) for v in image[1, 2]))
keep("colour-clear.png", data, np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")))
np.savez_compressed(here / "pictures.npz", **pixels)
