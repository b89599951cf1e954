"""What can go wrong with a manifest, a workspace folder or a file that is filed into one."""

from upright.kernel import InputError, UprightError


class ManifestError(InputError):
    """The manifest, or a file that it names, cannot be used as it is. Nothing has been changed."""


class WorkspaceError(InputError):
    """The folder ``.upright`` is missing, foreign or of another format."""


class LostCheckpointError(WorkspaceError):
    """Entries of a log lie here, and what says that they are all is gone."""


class AttestError(InputError):
    """A record cannot be filed: unknown kind, unfit data, or keys that may not sign it."""


class BundleError(InputError):
    """A bundle or an evidence file is not what it says it is. Nothing of it has been taken in."""


class ForkError(UprightError):
    """Two histories of one origin contradict each other: one of them has been rewritten."""

    exit_status = 1
