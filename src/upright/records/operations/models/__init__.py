"""The records of operations."""

from upright.records.operations.models.building import Disposal, RequirementSpecification, TestReport
from upright.records.operations.models.incidents import Incident, Notice
from upright.records.operations.models.outside import OutsideLink, OutsideRequest
from upright.records.operations.models.oversight import Alarm, DecisionReview, Monitor, OversightAssignment
from upright.records.operations.models.requests import (
    AccessReview,
    DataUseRequest,
    EvidenceRequest,
    InformationDelivery,
    UserInformation,
)
from upright.records.operations.models.stages import StageChange
from upright.records.operations.models.supply import (
    ChangeNotice,
    CustomerRequirement,
    InformationOwed,
    ResponsibilityMatrix,
    SupplierAssessment,
    SupplierReview,
)
from upright.records.operations.models.use import IntendedUse, UsageReview, UseApproval, UseProposal
from upright.records.operations.models.voices import Concern, ContestedDecision, ExternalReport, WaitingVoice

__all__ = [
    "AccessReview",
    "Alarm",
    "ChangeNotice",
    "Concern",
    "ContestedDecision",
    "CustomerRequirement",
    "DataUseRequest",
    "DecisionReview",
    "Disposal",
    "EvidenceRequest",
    "ExternalReport",
    "Incident",
    "InformationDelivery",
    "InformationOwed",
    "IntendedUse",
    "Monitor",
    "Notice",
    "OutsideLink",
    "OutsideRequest",
    "OversightAssignment",
    "RequirementSpecification",
    "ResponsibilityMatrix",
    "StageChange",
    "SupplierAssessment",
    "SupplierReview",
    "TestReport",
    "UsageReview",
    "UseApproval",
    "UseProposal",
    "UserInformation",
    "WaitingVoice",
]
