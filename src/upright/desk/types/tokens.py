"""How API tokens look on the desk; they are issued by their person, never filled in as a form."""

from upright.desk.description import RecordType, register
from upright.records.identity.token_actions import revoke_token
from upright.records.identity.tokens import ApiToken

register(
    RecordType(
        model=ApiToken,
        place="organisation",
        clause="iso42001:A.3.2",
        purpose="What lets a program act for a person: how far, until when, and whether it was used.",
        columns=("name", "person", "expires_at", "revoked_at", "last_used_at"),
        filters=("person",),
        search=("name",),
        sections={"Whose": ("name", "person"), "How far": ("rights", "systems", "expires_at")},
        moves=(revoke_token,),
    )
)
