"""How management reviews look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.assurance.review_actions import close_review, draw_inputs, open_improvement, state_none
from upright.records.assurance.reviewing import ManagementReview, ReviewDecision, ReviewInput

register(
    RecordType(
        model=ManagementReview,
        place="improvement",
        clause="iso42001:9.3.1",
        purpose="Top management looks at the management system: on which inputs, with which decisions.",
        columns=("title", "state", "held_on", "owner", "next_review"),
        filters=("state", "owner", "unit"),
        search=("title", "conclusion", "ref"),
        sections={
            "Review": ("title", "unit", "owner", "since", "held_on"),
            "Present": ("top_management", "present"),
            "Results": ("conclusion", "no_decisions", "next_review"),
        },
        moves=(draw_inputs, close_review),
    )
)
register(
    RecordType(
        model=ReviewInput,
        place="improvement",
        clause="iso42001:9.3.2",
        purpose="The inputs of reviews as they stood when they were drawn; never typed.",
        columns=("item", "review", "drawn_at", "entry", "none_because"),
        filters=("review", "item"),
        search=("ref", "none_because"),
        sections={"Drawn": ("review", "item", "drawn_at", "entry", "extract", "none_because", "stated_by")},
        moves=(state_none,),
        is_typed=False,
    )
)
register(
    RecordType(
        model=ReviewDecision,
        place="improvement",
        clause="iso42001:9.3.3",
        purpose="What reviews decided; each becomes an improvement or a change plan, with owner, date and resources.",
        columns=("decision", "review", "owner", "due", "outcome"),
        filters=("review", "owner"),
        search=("decision", "ref"),
        sections={"Decision": ("review", "decision", "owner", "due", "resources", "outcome")},
        moves=(open_improvement,),
    )
)
