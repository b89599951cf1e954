"""What the tables of log-in are to the ledger."""

from upright.records.identity.login.authenticators import stored_authenticators, stored_links
from upright.records.trail.tables import Table, stays_empty

_ADDRESSES = "The address is the account's own column, a record; a row here could lead a reset link to a stranger."

_APPS = "Identity providers are named by the environment; one in a table could let anybody in."
_FACTORS = "allauth keeps what proves; a record with a keyed digest of it is kept of each."

TABLES = {
    "identity_cachedvalue": Table("session", "Counts of log-in attempts and locks, until they expire."),
    "mfa_authenticator": Table("derived", _FACTORS, stored_authenticators),
    "socialaccount_socialaccount": Table("derived", _FACTORS, stored_links),
    "socialaccount_socialapp": Table("derived", _APPS, stays_empty("socialaccount.SocialApp")),
    "socialaccount_socialtoken": Table(
        "derived", "Tokens of the provider are not kept.", stays_empty("socialaccount.SocialToken")
    ),
    "account_emailaddress": Table("derived", _ADDRESSES, stays_empty("account.EmailAddress")),
    "account_emailconfirmation": Table("derived", _ADDRESSES, stays_empty("account.EmailConfirmation")),
}
