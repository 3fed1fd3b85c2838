"""Stands in for Open Library and Google Books: their HTTP shapes over 10,000 real books, offline.

books        the data, and who knows which book
openlibrary, googlebooks    what each API answers: pure functions
faults       latency, errors, rate limits
server       HTTP
"""
