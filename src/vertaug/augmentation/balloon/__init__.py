"""The balloon: what it is, how bone gives way to it, the cavity that stays."""
