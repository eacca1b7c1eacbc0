"""Landing: the ``incoming`` folder, the archive, and the product catalogue over HTTP.

Belongs here: which files exist and on which date each landed. Does not belong here: reading them (``readers/``).
"""
