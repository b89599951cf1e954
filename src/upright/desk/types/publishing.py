"""How claims for the public look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.assurance.publication_actions import (
    approve_publication,
    reconfirm_publication,
    revise_publication,
    withdraw_publication,
)
from upright.records.assurance.publishing import Publication
from upright.records.identity.controlled import give_back, submit

register(
    RecordType(
        model=Publication,
        place="organisation",
        clause="iso42001:7.4",
        purpose="What everybody may read of the management system without a log-in, each claim with its proof.",
        columns=("title", "state", "rests_on", "framework", "review_by", "owner"),
        filters=("state", "owner", "unit"),
        search=("title", "text", "ref"),
        sections={
            "What it says": ("title", "text", "title_de", "text_de"),
            "What it rests on": ("rests_on", "evidence", "framework", "shows"),
            "Who and when": ("unit", "owner", "review_by", "supersedes"),
        },
        moves=(
            submit,
            approve_publication,
            give_back,
            revise_publication,
            reconfirm_publication,
            withdraw_publication,
        ),
    )
)
