"""What kernels need of the machine: BLAS and cores."""
