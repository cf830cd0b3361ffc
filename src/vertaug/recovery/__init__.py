"""The way home, the follow-up, what was achieved, and words that the patient understands."""
