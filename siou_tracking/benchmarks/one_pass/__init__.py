"""What benchmarks with one pass over each sequence share: start reading in benchmark.py."""
