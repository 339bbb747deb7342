"""What the process really runs on: measured, not assumed."""
import ctypes
import os
import resource

import torch


def blas():
    """The OpenBLAS that is mapped into this process, and the CPU it believes it is on."""
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))
    with open('/proc/self/maps') as maps:
        paths = {line.split()[-1] for line in maps if 'libopenblas' in line}
    found = []
    for path in sorted(paths):
        corename = ctypes.CDLL(path).openblas_get_corename
        corename.restype = ctypes.c_char_p
        found.append({'path': os.path.realpath(path), 'core': corename().decode()})
    return found


def peak_rss_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def describe():
    return {
        'torch': torch.__version__, 'threads': torch.get_num_threads(), 'blas': blas(),
        'onednn': torch.backends.mkldnn.is_available(),
        'OMP_WAIT_POLICY': os.environ.get('OMP_WAIT_POLICY'),
    }
