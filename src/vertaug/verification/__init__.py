"""Problems with exact answers that anyone can rerun."""
