"""The addresses of the pages."""

from django.urls import include, path, register_converter

from upright.web import (
    applicability,
    checks,
    comparing,
    components,
    controls,
    due,
    editing,
    evidence,
    exchange,
    hanging,
    home,
    import_runs,
    improving,
    inbox,
    jumping,
    keys,
    lists,
    outside,
    places,
    posture,
    printing,
    records,
    reports,
    risks,
    shown_fields,
    starting,
    system,
    threats,
    trust,
    voices,
    work,
)


class RefConverter:
    """A reference in an address: ``system:mortgage``, ``dataset:mortgage/applications``."""

    regex = r"[a-z][a-z0-9-]*:[a-z0-9._-]+(?:/[a-z0-9._-]+)*"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


class SystemConverter(RefConverter):
    """The reference of a system."""

    regex = r"system:[a-z0-9._-]+"


register_converter(RefConverter, "ref")
register_converter(SystemConverter, "system")
app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("inbox/", inbox.show, name="inbox"),
    path("inbox/wishes/", inbox.wishes, name="wishes"),
    path("due/", due.show, name="due"),
    path("jump/", jumping.jump, name="jump"),
    path("start/", starting.start, name="start"),
    path("components/", components.show, name="components"),
    path("choices/<slug:name>/", home.choices, name="choices"),
    path("in/controls/", controls.controls, name="controls"),
    path("in/controls/side-by-side/", controls.side_by_side, name="side-by-side"),
    path("posture/<ref:ref>/", posture.show, name="posture"),
    path("checks/<ref:ref>/", checks.show, name="checks"),
    path("in/organisation/worker/", work.show, name="work"),
    path("in/organisation/keys/", keys.show, name="keys"),
    path("why/<ref:ref>/<str:requirement>/", controls.why, name="why"),
    path("in/evidence/", evidence.show, name="evidence"),
    path("statement/<int:entry>/", evidence.statement, name="statement"),
    path("statement/<int:entry>/statement.json", evidence.envelope, name="statement-file"),
    path("statement/<int:entry>/proof.json", evidence.proof, name="statement-proof"),
    path("compare/<int:newer>/<int:older>/", comparing.compare, name="compare"),
    path("kind/<str:kind>/", evidence.kind, name="kind"),
    path("in/risks/", risks.register, name="risks"),
    path("in/risks/printed/", risks.printed, name="risks-printed"),
    path("soa/", applicability.newest, name="soa-newest"),
    path("soa/<ref:ref>/versions/", applicability.versions, name="soa-versions"),
    path("soa/<ref:ref>/printed/", applicability.printed, name="soa-printed"),
    path("soa/<ref:ref>/", applicability.show, name="soa"),
    path("", include("upright.web.governance_urls")),
    path("in/reports/", reports.show, name="reports"),
    path("pack/<ref:ref>/", reports.pack, name="pack"),
    path("snapshot/<ref:ref>/", reports.keep, name="keep"),
    path("print/<ref:ref>/", printing.show, name="print"),
    path("nonconformity/<ref:ref>/<str:requirement>/", improving.open_nonconformity, name="open-nonconformity"),
    path("in/<slug:place>/", places.show, name="place"),
    path("records/<slug:name>/", lists.show, name="list"),
    path("records/<slug:name>/filter/", lists.choose_filter, name="filter"),
    path("records/<slug:name>/add/", editing.add, name="add"),
    path("records/<slug:name>/bulk/", lists.bulk, name="bulk"),
    path("records/<slug:name>/export.<slug:form>", exchange.export, name="export"),
    path("records/<slug:name>/import/", exchange.start, name="import"),
    path("records/<slug:name>/import/<slug:token>/", exchange.mapping, name="import-map"),
    path("import/<ref:ref>/", import_runs.show, name="import-run"),
    path("record/<system:ref>/", system.show, name="system"),
    path("answer/<str:token>/", outside.answer, name="outside-answer"),
    path("hand-over/<ref:ref>/", outside.by_hand, name="outside-by-hand"),
    path("threats/<ref:ref>/", threats.show, name="threats"),
    path("trust/", trust.show, name="trust"),
    path("trust/fields/", shown_fields.choices, name="trust-fields"),
    path("trust/preview/<ref:ref>/", trust.preview, name="trust-preview"),
    path("trust/<ref:ref>/proof.json", trust.proof, name="trust-proof"),
    path("concern/", voices.speak, name="speak"),
    path("concern/receipt/", voices.follow, name="follow"),
    path("voice/<ref:ref>/", voices.read, name="voice"),
    path("record/<ref:ref>/", records.show, name="record"),
    path("edit/<ref:ref>/", editing.edit, name="edit"),
    path("move/<slug:move>/<ref:ref>/", records.move, name="move"),
    path("history/<ref:ref>/", records.history, name="history"),
    path("comment/<ref:ref>/", hanging.comment, name="comment"),
    path("attach/<ref:ref>/", hanging.attach, name="attach"),
    path("attachment/<ref:ref>/", hanging.download, name="attachment"),
    path("task/<ref:ref>/", hanging.assign, name="task"),
    path("task-close/<ref:ref>/", hanging.close, name="task-close"),
    path("proof/<int:entry>/<ref:ref>/", records.proof, name="proof"),
]
