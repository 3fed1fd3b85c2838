"""Libraries that other programs exported, and results as a table.

    reading      a file of Goodreads, StoryGraph, LibraryThing, or any table with titles or ISBNs
    writing      results as CSV

and what reading is made of, in the order in which a file passes through:

    limits       how large it may be
    encoding     bytes to text
    dialect      what separates its cells
    records      lines to rows of cells
    columns      which column holds what
    headerless   Goodreads files that lost their header
    rows         one row to an entry
    cells, dates, names, titles    what single cells say
    library      what comes out
    own          what a file says of a book, as results show it
    errors
"""
