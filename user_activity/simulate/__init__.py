"""A seeded shop that leaves the files that real exporters would leave, and knows what it put into them.

Belongs here: plausible people, visits, orders and products, and every way in which their records arrive.
Does not belong here: landing the files, and the rules that decide what a good record is.
"""

from user_activity.simulate.simulation import Progress, SimulationSummary, simulate

__all__ = ["Progress", "SimulationSummary", "simulate"]
