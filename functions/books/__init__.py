"""What is known of books: looking a work up at metadata providers.

It knows nothing of jobs, queues or sockets. Handlers join it with the package that does.

    work         what is asked for
    isbn         ISBN-10 and ISBN-13
    metadata     what is found
    matching     whether a candidate is the book that was asked for
    http         HTTP to the providers: time-outs, bounded retries
    openlibrary, googlebooks    the providers
    shapes       reading other people's JSON
    cache        what was found before
    lookup       one look-up: cache, providers in order, breakers
    settings, errors
"""
