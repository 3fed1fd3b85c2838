"""What `make` runs: the whole system on one machine, and its demonstration."""
