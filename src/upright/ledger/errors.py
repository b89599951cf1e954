"""What can go wrong with a ledger, by what a caller may want to tell apart."""

from upright.kernel import UprightError


class LedgerError(UprightError):
    """The ledger cannot be used as it is, or an entry cannot be appended to it. Nothing has been changed."""


class ProofError(UprightError):
    """A proof does not lead to the root that it should lead to; the message says which was expected and which came."""

    exit_status = 1


class SignatureError(UprightError):
    """A signature does not hold, or no trusted key has signed."""


class RollbackError(LedgerError):
    """The log does not extend what this host has seen of it: it was rolled back, replaced or forked."""


class StorageError(LedgerError):
    """The operating system could not write: a full disk, a quota, a failing device. What was acknowledged is safe."""

    exit_status = 4


class DamageError(LedgerError):
    """Stored bytes are not what the log committed to; ``upright ledger verify`` lists all of them."""
