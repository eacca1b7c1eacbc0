"""A seeded simulation of a shop: it writes files as real exporters would, and reports exactly what they contain.

Belongs here: plausible people, visits, orders and products, and all the ways in which their records arrive.
Does not belong here: landing the files, and the rules that validate a record.
"""

from user_activity.simulate.simulation import Progress, SimulationSummary, simulate

__all__ = ["Progress", "SimulationSummary", "simulate"]
