"""Files to CT and labels, and the built-in phantom."""
