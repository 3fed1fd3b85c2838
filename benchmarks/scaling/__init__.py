"""Beyond one machine: what AWS's quotas allow, by a model. docs/scaling.md shows what it says."""
