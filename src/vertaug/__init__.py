"""vertaug: from one patient's CT to a measured fracture, a needle plan and a report.

The folders follow the patient's path, and a folder imports only from those before it:
numerics, case, imaging, anatomy, fracture, tissue, planning, report, workflow, cli.

Research and teaching, not for clinical decisions.
"""

__version__ = "0.1.0.dev0"
