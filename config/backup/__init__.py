"""Backup and restore of one installation: the database, every file it names, and the secret key.

``take`` makes a folder, ``restore`` makes an installation of it. The order makes it whole while people work: first it
is said that a backup is under way (from then on nobody deletes a file a row named a moment ago), then the database is
copied as it is at one moment, then every file that the copy names; the manifest comes last (decision 0042).
"""

from config.backup.manifest import BackupRefused, Manifest
from config.backup.restoring import restore
from config.backup.taking import take

__all__ = ["BackupRefused", "Manifest", "restore", "take"]
