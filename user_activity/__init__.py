"""Event, order, product and profile files in, a tested warehouse of sessions, engagement and revenue out."""
