"""How the inventory looks on the desk."""

from upright.desk.description import RecordType, register
from upright.records.assurance.verdicts import ask_the_gate
from upright.records.inventory.actions import approve_use, end_use, refuse_use
from upright.records.inventory.models import (
    BusinessProcess,
    Customer,
    DataSet,
    Dependency,
    Deployment,
    HostedUse,
    Model,
    ModelVersion,
    Resource,
    Supplier,
    System,
)

register(
    RecordType(
        model=System,
        adds="Register a system",
        place="systems",
        clause="iso42001:4.3",
        purpose="Every AI system that the management system covers, with who answers for it.",
        columns=("name", "stage", "modality", "unit", "owner"),
        filters=("stage", "modality", "unit", "owner"),
        search=("name", "purpose", "ref"),
        sections={
            "About": ("short_name", "name", "purpose"),
            "Who answers": ("unit", "owner"),
            "Nature": ("stage", "modality", "personal_data"),
        },
        moves=(ask_the_gate,),
        external_id="short_name",
    )
)
register(
    RecordType(
        model=HostedUse,
        place="systems",
        clause="iso42001:A.9.4",
        purpose="Uses of AI that someone else hosts: allowed once their conditions and supplier are known.",
        columns=("name", "state", "service", "supplier", "unit", "owner"),
        filters=("state", "supplier", "unit"),
        search=("name", "service", "purpose", "ref"),
        sections={
            "About": ("name", "service", "supplier", "purpose"),
            "Who answers": ("unit", "owner"),
            "Use": ("data_given", "conditions"),
        },
        moves=(approve_use, refuse_use, end_use),
        external_id="name",
    )
)
register(
    RecordType(
        model=Model,
        place="systems",
        clause="iso42001:A.4.2",
        purpose="The models that systems rest on, own and supplied.",
        columns=("name", "system", "kind", "supplier"),
        filters=("system", "supplier"),
        search=("name", "short_name", "kind", "ref"),
        sections={"About": ("system", "short_name", "name", "kind"), "Source": ("supplier", "intended_use")},
        external_id="short_name",
    )
)
register(
    RecordType(
        model=ModelVersion,
        place="systems",
        clause="iso42001:A.6.2.3",
        purpose="Which version of a model ran when, tied to its bytes by digest.",
        columns=("label", "model", "since", "until", "digest"),
        filters=("model",),
        search=("label", "digest", "ref"),
        sections={"About": ("model", "label", "digest", "trained_on"), "In use": ("since", "until")},
        external_id="label",
    )
)
register(
    RecordType(
        model=DataSet,
        place="systems",
        clause="iso42001:A.7.2",
        purpose="Data that systems are trained, tested or run on, with where it comes from.",
        columns=("name", "system", "use", "personal_data", "supplier"),
        filters=("system", "use", "personal_data"),
        search=("name", "short_name", "origin", "ref"),
        sections={
            "About": ("system", "short_name", "name", "use"),
            "Source": ("origin", "licence", "supplier", "personal_data"),
        },
        external_id="short_name",
    )
)
register(
    RecordType(
        model=Resource,
        place="systems",
        clause="iso42001:A.4.2",
        purpose="Tools, computing and people that a system needs over its life.",
        columns=("name", "kind", "system", "supplier"),
        filters=("kind", "system"),
        search=("name", "description", "ref"),
        sections={"About": ("system", "name", "kind", "description", "supplier")},
    )
)
register(
    RecordType(
        model=BusinessProcess,
        place="organisation",
        clause="iso42001:4.4",
        purpose="Processes that AI systems serve, how critical they are and how they go on without.",
        columns=("name", "criticality", "unit", "owner"),
        filters=("criticality", "unit"),
        search=("name", "fallback", "ref"),
        sections={"About": ("name", "criticality", "fallback"), "Who answers": ("unit", "owner")},
        external_id="name",
    )
)
register(
    RecordType(
        model=Deployment,
        place="systems",
        clause="iso42001:A.6.2.5",
        purpose="Where systems run, for which process, under whose law.",
        columns=("name", "system", "jurisdiction", "process", "starts", "ends"),
        filters=("system", "jurisdiction", "process"),
        search=("name", "ref"),
        sections={"About": ("system", "name", "jurisdiction", "process"), "When": ("starts", "ends")},
    )
)
register(
    RecordType(
        model=Supplier,
        place="organisation",
        clause="iso42001:A.10.3",
        purpose="Who provides models, data and services, how critical they are and when they are assessed next.",
        columns=("name", "criticality", "country", "next_assessment", "unit"),
        filters=("criticality", "country", "unit"),
        search=("name", "provides", "ref"),
        sections={
            "About": ("name", "country", "provides", "contact"),
            "Relation": ("criticality", "responsibilities", "next_assessment", "unit"),
        },
        external_id="name",
    )
)
register(
    RecordType(
        model=Customer,
        place="organisation",
        clause="iso42001:A.10.4",
        purpose="Who relies on our AI systems, what they require and what we owe them.",
        columns=("name", "unit"),
        filters=("unit",),
        search=("name", "requires", "ref"),
        sections={"About": ("name", "unit"), "Agreed": ("requires", "owed")},
        external_id="name",
    )
)
register(
    RecordType(
        model=Dependency,
        place="systems",
        clause="iso42001:A.4.2",
        purpose="What rests on what: the edges of the graph, with their days.",
        columns=("dependent", "role", "on", "starts", "ends"),
        filters=("role",),
        search=("dependent", "on", "role"),
        sections={"About": ("dependent", "role", "on"), "When": ("starts", "ends")},
    )
)
