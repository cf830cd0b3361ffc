"""Patient-reported outcome measures: what they ask, how they are scored, what a change means."""
