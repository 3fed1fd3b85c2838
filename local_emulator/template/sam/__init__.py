"""The SAM transform, by AWS's own translator, and what it made of templates before."""
