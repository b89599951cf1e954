"""Can loading this file run code? Parsers and verdicts for model files; nothing here ever loads one."""

from upright.modelfiles.report import Detection, FileReport, Report, Verdict
from upright.modelfiles.run import ScanLimits, scan

__all__ = ["Detection", "FileReport", "Report", "ScanLimits", "Verdict", "scan"]
