"""`python -m benchmarks.lossless`."""

from benchmarks.lossless.command import main

main()
