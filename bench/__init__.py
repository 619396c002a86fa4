"""Benchmarks: Mailroom beside bare peers, as ratios and counts. `make bench` prints the table."""
