"""Who may come in: Lambda authorizers and their policies, and what of a request they are asked about."""
