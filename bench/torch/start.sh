#!/bin/sh
# start.sh pthread|openmp SCRIPT [ARGS...]: runs a script with Debian's PyTorch at its best settings.
#
# OpenBLAS 0.3.21 takes Intel CPUs newer than itself for a Prescott (SSE3: 18 instead of 130 GFLOP/s for
# each core), so the kernel set is named when the CPU has AVX-512. GNU OpenMP's threads must not spin
# against OpenBLAS's own threads, nor against the other side of an alternating benchmark.
blas=$1
script=$2
shift 2
case $blas in pthread | openmp) ;; *) echo "start.sh: BLAS is pthread or openmp, not '$blas'" >&2; exit 2 ;; esac
if [ -z "$OPENBLAS_CORETYPE" ] && grep -q avx512vl /proc/cpuinfo; then export OPENBLAS_CORETYPE=SKYLAKEX; fi
export PYTHONDONTWRITEBYTECODE=1
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}"
export LD_LIBRARY_PATH="/usr/lib/x86_64-linux-gnu/openblas-$blas"
exec /usr/bin/python3 "$(dirname "$0")/$script" "$@"
