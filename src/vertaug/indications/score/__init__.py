"""Clinical scores in integers, each with its parts and with what unknown facts leave open."""
