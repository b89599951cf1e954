"""The records of governance; Django finds them here."""

from upright.records.governance.context import (
    AiRole,
    ContextAnalysis,
    ContextIssue,
    FrameworkInUse,
    InterestedParty,
    Obligation,
    ProcessDefinition,
    ScopeStatement,
)
from upright.records.governance.documents import Acknowledgement, Document
from upright.records.governance.kept import KeptRecord
from upright.records.governance.planning import AiPrinciple, ChangePlan, LeadershipDecision, Objective, ResourcePlan
from upright.records.governance.retention import LegalHold, RecordDisposal, RetentionClass
from upright.records.governance.served import ServedClause
from upright.records.governance.support import Awareness, Communication, CommunicationPlan, Competence

__all__ = [
    "Acknowledgement",
    "AiPrinciple",
    "AiRole",
    "Awareness",
    "ChangePlan",
    "Communication",
    "CommunicationPlan",
    "Competence",
    "ContextAnalysis",
    "ContextIssue",
    "Document",
    "FrameworkInUse",
    "InterestedParty",
    "KeptRecord",
    "LeadershipDecision",
    "LegalHold",
    "Objective",
    "Obligation",
    "ProcessDefinition",
    "RecordDisposal",
    "ResourcePlan",
    "RetentionClass",
    "ScopeStatement",
    "ServedClause",
]
