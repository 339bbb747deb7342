"""What the process really runs on: measured, not assumed."""
import os
import resource

import torch


def blas():
    """Path of the BLAS that is mapped into this process (LD_LIBRARY_PATH chooses it)."""
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))
    with open('/proc/self/maps') as maps:
        paths = {line.split()[-1] for line in maps if 'blas' in line}
    return sorted(os.path.realpath(p) for p in paths if p.startswith('/'))


def peak_rss_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def describe():
    return {
        'torch': torch.__version__, 'threads': torch.get_num_threads(), 'blas': blas(),
        'onednn': torch.backends.mkldnn.is_available(),
        'OMP_WAIT_POLICY': os.environ.get('OMP_WAIT_POLICY'),
    }
