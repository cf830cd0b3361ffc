"""The two procedures: what happens in the bone when cement or a balloon goes in."""
