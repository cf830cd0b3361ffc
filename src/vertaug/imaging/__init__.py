"""Files to CT and labels, and the built-in phantom."""

from vertaug.imaging.input_hash import hash_input
from vertaug.imaging.label_reader import read_labels
from vertaug.imaging.scan_reader import read_scan
from vertaug.imaging.writer import write_label_nifti, write_nifti

__all__ = ["hash_input", "read_labels", "read_scan", "write_label_nifti", "write_nifti"]
