"""Hot reload: what is watched, and what has changed between two readings of a template."""
