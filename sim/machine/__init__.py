"""What kernels need of the machine: BLAS, cores, Ctrl-C."""
