"""Being asked to stop: set by whoever hears the signal, heeded between steps by whoever works."""

from threading import Event


class Stopped(Exception):
    """Work was left at the end of a step because somebody asked for it."""


class Stop:
    """Whether somebody has asked to stop, and whether there is a step at work that should end first."""

    def __init__(self) -> None:
        self.asked = Event()
        self.at_work = Event()

    def heed(self) -> None:
        """Raise :class:`Stopped` where somebody has asked to stop."""
        if self.asked.is_set():
            raise Stopped("Stopped, as asked.")
