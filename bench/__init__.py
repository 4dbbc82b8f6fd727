"""Measurements: ratios against a yardstick in the same process or run, interleaved. `make bench` runs each file."""
