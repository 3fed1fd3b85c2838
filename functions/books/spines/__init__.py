"""Bookshelf photos: reading the spines, and telling which books they are."""
