"""Case to HTML, PDF, figures and files for other programs."""
