"""The web server: gunicorn's processes around a loop that never waits for a client (decision 0032).

A thread of the application is taken only when a request has come whole, and given back as soon as a client does not
take its answer. ``loop`` is gunicorn's worker class; ``receiving`` and ``connection`` are what one client's connection
goes through, ``body`` and ``answer`` what is kept of a request and its answer meanwhile, ``pace`` is how slow a client
may be, ``admission`` who may send a large body, ``refusals`` what the server itself answers.
"""
