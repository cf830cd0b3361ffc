"""The procedures: what is put into the bone, and what it does there."""
