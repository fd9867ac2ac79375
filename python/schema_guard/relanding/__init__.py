"""
Brings what another S3 sink wrote into Tidegate's own form: record lines, named by manifests.

Behind it the guard, bronze and the receipts know one form only (docs/decisions/0007-relanding.md).
"""

from schema_guard.relanding.partition import Relanded
from schema_guard.relanding.reland import reland

__all__ = ["Relanded", "reland"]
