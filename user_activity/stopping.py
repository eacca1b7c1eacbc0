"""Requests to stop: set by the signal handler, checked between steps by the worker."""

from threading import Event


class Stopped(Exception):
    """Work was stopped after a step because it was requested."""


class Stop:
    """Whether a stop was requested, and whether a step is in progress that should finish first."""

    def __init__(self) -> None:
        self.asked = Event()
        self.at_work = Event()

    def heed(self) -> None:
        """Raise :class:`Stopped` if a stop was requested."""
        if self.asked.is_set():
            raise Stopped("Stopped, as asked.")
