"""What all steps share: grids, volumes, the spine, instruments, results, the case folder."""
