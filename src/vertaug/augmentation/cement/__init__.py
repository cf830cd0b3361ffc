"""Cement: what it is, how it flows and hardens, the bone around it and the ways out."""
