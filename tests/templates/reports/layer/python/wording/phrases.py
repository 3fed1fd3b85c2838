"""Titles by language."""

TITLES = {"en": "Report", "de": "Bericht"}
