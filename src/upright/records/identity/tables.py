"""What the tables of log-in are to the ledger."""

from upright.records.trail.tables import Table, stays_empty

_ADDRESSES = "The address is the account's own column, a record; a row here could lead a reset link to a stranger."

TABLES = {
    "identity_cachedvalue": Table("session", "Counts of log-in attempts and locks, until they expire."),
    "account_emailaddress": Table("derived", _ADDRESSES, stays_empty("account.EmailAddress")),
    "account_emailconfirmation": Table("derived", _ADDRESSES, stays_empty("account.EmailConfirmation")),
}
