"""The rules that the standard imposes and the verbs enforce, one by one, each with the tests that try to break it."""

from dataclasses import dataclass

_SOA, _CRITERIA, _IMPACT = "risk/test_applicability.py", "risk/test_criteria.py", "risk/test_impact.py"
_RISKS, _CONTROLS = "risk/test_evidence.py", "risk/test_controls.py"
_AUDITS, _REVIEWS, _CORRECTION = (f"assurance/test_{one}.py" for one in ("audits", "reviews", "correction"))
_KEPT, _DOCUMENTS = "governance/test_retention.py", "governance/test_management_system.py"
_SUPPLIERS, _OPERATIONS = "operations/test_suppliers.py", "operations/test_rules.py"
_POWER, _MOVES, _MATRIX, _HERE = (
    "identity/test_actions.py",
    "test_moves.py",
    "test_moves_matrix.py",
    "test_rules_of_the_standard.py",
)
_BAD = f"{_HERE}::bad_input_is_refused_with_the_rule_and_the_clause"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the standard wants of whoever writes records.

    Attributes:
        id: ours; it never changes its meaning.
        clause: of ISO/IEC 42001, which the catalogue holds.
        says: the rule, in our own words.
        tests: under ``tests/records``, file and the end of the test's name; each tries to break the rule.
        codes: with which the verbs refuse what breaks it; the tests ask for them.
        shows: words of the tests that look at what the rule wants, where nothing is refused.
    """

    id: str
    clause: str
    says: str
    tests: tuple[str, ...]
    codes: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()


_STANDS = f"{_SOA}::what_stands_against_an_approval_is_listed_and_refuses_it"
_BEGINS = f"{_SOA}::begins_with_a_row_for_every_control_and_decides_nothing_itself"
_EXCLUDED = f"{_SOA}::an_exclusion_has_one_of_two_grounds_a_reason_and_no_contradiction"
_FROZEN = f"{_SOA}::two_persons_approve_it_then_it_is_frozen_and_a_new_version_is_compared"
_RUN = f"{_CRITERIA}::a_run_rests_on_criteria_in_force_and_on_risks_that_are_rated"
_EDITION = f"{_CRITERIA}::a_new_edition_opens_every_risk_that_was_held_against_another"
_LEVEL = f"{_CRITERIA}::accepted_by_who_has_authority_for_its_level"
_OWN_RATING = f"{_CRITERIA}::who_rated_or_treats_a_risk_does_not_accept_it"
_TRIGGERS = f"{_IMPACT}::each_trigger_opens_what_was_assessed_and_a_review_of_what_nobody_planned"
_LAW = f"{_IMPACT}::a_law_that_changes_or_ends_opens_what_was_assessed"
_PLANNED = f"{_IMPACT}::is_planned_and_a_trigger_that_criteria_leave_out_opens_nothing"
_PEOPLE = f"{_IMPACT}::an_assessment_names_people_harms_and_measures_and_is_approved_by_another"
_PROGRAMME = f"{_AUDITS}::a_programme_is_approved_once_it_gives_reasons_and_leaves_nothing_out"
_AUDITOR = f"{_AUDITS}::with_own_work_in_scope_or_without_competence_is_not_assigned"
_SAMPLE = f"{_AUDITS}::a_sample_is_drawn_by_rule_and_seed_and_can_be_drawn_again"
_REPORT = f"{_AUDITS}::received_by_others_and_each_nonconformity_is_acted_on"
_CLOSES = f"{_REVIEWS}::a_review_closes_only_with_top_management_inputs_and_plans"
_DISPOSAL = f"{_KEPT}::early_under_a_hold_or_by_its_proposer_and_a_tombstone_stays"
_ACTION = f"{_CORRECTION}::is_checked_by_who_did_not_act_and_only_then_is_its_nonconformity_closed"
_SUPPLIED = f"{_OPERATIONS}::a_supplied_model_without_current_assessment_keeps_the_review_open"
_ASSESSED = f"{_SUPPLIERS}::an_assessment_has_its_day_its_result_and_the_day_of_the_next"
_LAPSED = f"{_SUPPLIERS}::without_current_assessment_opens_the_review_and_leaves_a_10_3_unknown"


def _rule(name: str, clause: str, says: str, *tests: str, codes: str = "", shows: tuple[str, ...] = ()) -> Rule:
    return Rule(id=name, clause=clause, says=says, tests=tests, codes=tuple(codes.split()), shows=shows)


RULES = (
    _rule("SOA-1", "6.1.3", "every control of Annex A and every own one has a row", _BEGINS, _STANDS,
          codes="UP-RISK-44"),
    _rule("SOA-2", "6.1.3", "a person gives a reason in each row", _BAD, _EXCLUDED, codes="UP-RISK-42"),
    _rule("SOA-3", "6.1.3", "nothing is left out because of a role: a row begins undecided", _BEGINS, _EXCLUDED,
          shows=('("undecided", "")', '"not our role"')),
    _rule("SOA-4", "6.1.3", "a system may have a row of its own that differs", _EXCLUDED, _FROZEN,
          shows=("of_system.system = letters", 'told["A.8.3", "system:letters"]')),
    _rule("SOA-5", "6.1.3", "an included row points at what needs it, and that is open", _STANDS, codes="UP-RISK-45"),
    _rule("SOA-6", "6.1.3", "a row is left out on one of the two allowed grounds", _BAD, _EXCLUDED,
          codes="UP-RISK-41"),
    _rule("SOA-7", "6.1.3", "nothing is left out that the inventory contradicts", _BAD, _EXCLUDED,
          f"{_SOA}::a_copied_exclusion_that_the_inventory_contradicts_is_to_be_decided_again", codes="UP-RISK-43"),
    _rule("SOA-8", "6.1.3", "no approval while a risk above the line has no treatment", _STANDS,
          codes="UP-RISK-46 UP-CTRL-02"),
    _rule("SOA-9", "6.1.3", "no approval while a chosen control has no row", _STANDS, codes="UP-RISK-47 UP-CTRL-02"),
    _rule("SOA-10", "6.1.3", "no approval while a row points at nothing", _STANDS, codes="UP-RISK-45 UP-CTRL-02"),
    _rule("SOA-11", "6.1.3", "an approved version is frozen", _FROZEN, codes="UP-DOOR-11 UP-RISK-48"),
    _rule("RISK-1", "6.1.2", "a run rests on a version of the criteria, and on no other", _RUN, _EDITION,
          codes="UP-RISK-09", shows=("in force no more", "criteria_edition")),
    _rule("RISK-2", "6.1.2", "a new version of the criteria opens the risks it is about", _EDITION,
          codes="UP-RISK-09"),
    _rule("RISK-3", "8.2", "two people may rate a risk differently, and both ratings stay",
          f"{_CRITERIA}::two_people_rate_differently_and_both_stay_with_the_history", codes="UP-DOOR-11 UP-RISK-07"),
    _rule("RISK-4", "6.1.3", "who accepts what is left of a risk has authority for its level", _LEVEL,
          f"{_CRITERIA}::without_criteria_nobody_accepts_and_nothing_is_below_a_line",
          codes="UP-RISK-11 UP-RISK-10 UP-RISK-12"),
    _rule("RISK-5", "6.1.3", "who wrote, rated, owns or treats a risk does not accept it", _LEVEL, _OWN_RATING,
          codes="UP-RISK-05"),
    _rule("RISK-6", "6.1.2", "the method is one record, each dated run another", _RUN,
          f"{_RISKS}::reaches_facts_about_whom_it_is_and_what_is_tied_ages_with_the_model",
          codes="UP-CTRL-04", shows=('"risk-criteria": "organisation"', '"iso42001:8.2"')),
    _rule("RISK-7", "6.1.4", "impact is about individuals, groups and society", _PEOPLE, codes="UP-CTRL-04",
          shows=('{"affected": []}', 'society="Trust in lending."')),
    _rule("RISK-8", "6.1.4", "an impact assessment feeds the risks of its own system", _PEOPLE,
          shows=("not about this risk", "whole.risks.all()")),
    _rule("RISK-9", "8.2", "model, data, purpose, population, supplier, jurisdiction and law open what was assessed",
          _TRIGGERS, _LAW, shows=('{*TRIGGERS} - {"law"}', "reopened_because")),
    _rule("RISK-10", "6.1.2", "only triggers of the approved list open anything", _PLANNED,
          shows=('triggers=["purpose"]', 'refresh(impact).reopened_because) == (0, "")')),
    _rule("RISK-11", "8.1", "a change that no approved plan names is unintended, and somebody reviews it", _TRIGGERS,
          _PLANNED, f"{_IMPACT}::says_what_was_done_and_is_not_closed_by_who_answers_for_the_system",
          codes="UP-RISK-33 UP-CTRL-06", shows=("is_unintended",)),
    _rule("RISK-12", "8.1", "a change closes the gate", f"{_RISKS}::until_what_was_assessed_is_looked_at_again",
          shows=('("stale", "stale")', '"deny"')),
    _rule("CTL-1", "8.3", "a control that documents alone carry is partly, never met",
          f"{_CONTROLS}::by_documents_alone_is_partly_and_only_an_evaluation_makes_it_met", shows=('== "partly"',)),
    _rule("CTL-2", "9.1", "each control asks for its own evaluation or a check that measures it",
          f"{_CONTROLS}::is_asked_for_has_a_kind_and_one_never_stands_in_for_another", shows=('"check"',)),
    _rule("CTL-3", "8.3", "whether a treatment works is judged by another than who carried it out",
          f"{_CRITERIA}::a_closed_risk_is_not_treated_and_a_treatment_is_judged_by_another", codes="UP-RISK-05"),
    _rule("AUD-1", "9.2.2", "the audits of a cycle reach every clause and included control", _PROGRAMME,
          codes="UP-AUD-09", shows=("no audit of the cycle reaches",)),
    _rule("AUD-2", "9.2.2", "how often is reasoned by importance and by what earlier audits found", _PROGRAMME,
          _REPORT, shows=("what earlier audits found", "nonconformities in")),
    _rule("AUD-3", "9.2.2", "nobody audits what they wrote, approved or owned within twelve months", _AUDITOR, _BAD,
          codes="UP-AUD-02"),
    _rule("AUD-4", "7.2", "nobody audits without a record of that competence", _AUDITOR, codes="UP-AUD-08"),
    _rule("AUD-5", "9.2.2", "criteria, population and sample are kept, and the sample can be drawn again", _SAMPLE,
          _REPORT, codes="UP-AUD-03 UP-AUD-05 UP-DOOR-11"),
    _rule("AUD-6", "9.2.2", "interviews and graded findings are kept, reported by the lead, received by others",
          _REPORT, codes="UP-AUD-06 UP-AUD-07 UP-DOOR-11"),
    _rule("REV-1", "9.3.2", "each input is drawn and frozen, or stated as none with a reason", _CLOSES,
          f"{_REVIEWS}::an_extract_is_what_the_records_said_when_it_was_drawn", codes="UP-REV-04 UP-REV-02 UP-CTRL-06"),
    _rule("REV-2", "9.3.3", "each decision becomes an improvement or a change plan before the review closes", _CLOSES,
          codes="UP-REV-03 UP-REV-05", shows=("became no improvement",)),
    _rule("REV-3", "9.3.3", "a decision has its owner, its date and its resources",
          f"{_HERE}::a_decision_of_a_review_lacks_neither_owner_nor_date_nor_resources",
          shows=('"owner", "due", "resources"',)),
    _rule("REV-4", "9.3.1", "who was there of top management is named", _CLOSES,
          shows=("nobody of top management", "neither holds an approving role")),
    _rule("DOC-1", "7.5.3", "a retention class has its event, period, basis and disposal",
          f"{_KEPT}::a_class_that_cannot_be_counted_or_carried_out_is_refused",
          f"{_KEPT}::periods_are_calendar_periods_and_the_law_is_offered", codes="UP-KEEP-01 UP-KEEP-02"),
    _rule("DOC-2", "7.5.3", "each type that holds personal data has a class, or is said to have none",
          f"{_KEPT}::each_type_with_personal_data_has_a_class_in_force_or_is_said_to_have_none",
          shows=("without_class(",)),
    _rule("DOC-3", "7.5.3", "nothing is disposed of early, under a hold, or by who proposed it", _DISPOSAL,
          codes="UP-KEEP-04 UP-KEEP-05 UP-KEEP-06", shows=("somebody else",)),
    _rule("DOC-4", "7.5.3", "what is disposed of leaves a tombstone", _DISPOSAL,
          shows=('"(erased)"', "erased_entries")),
    _rule("DOC-5", "7.5.3", "a superseded version is neither newly cited nor acknowledged",
          f"{_DOCUMENTS}::is_acknowledged_once_a_superseded_one_is_neither_read_nor_cited",
          shows=("cite the version that is in force", "superseded")),
    _rule("DOC-6", "7.5.2", "what is looked at again, or is due, is so on a day to come", _BAD,
          "test_days_to_come.py::for_every_type_and_way_in_and_one_that_has_gone_by_hinders_nothing",
          codes="UP-FIELD-08 UP-CTRL-03"),
    _rule("COR-1", "10.2", "correction, cause, similar cases and action are written", _ACTION,
          codes="UP-CTRL-02 UP-CORR-06"),
    _rule("COR-2", "10.2", "somebody who did not act checks the effect before it closes", _ACTION, _BAD,
          codes="UP-CORR-04 UP-CORR-05 UP-CORR-08"),
    _rule("SUP-1", "A.10.3", "a supplier has its criticality", f"{_SUPPLIERS}::a_supplier_says_how_much_hangs_on_it",
          shows=("criticality",)),
    _rule("SUP-2", "A.10.2", "both sides acknowledge who does what", _SUPPLIED, codes="UP-OPS-51 UP-OPS-53"),
    _rule("SUP-3", "A.10.3", "an assessment has its day and the day of the next", _ASSESSED, codes="UP-CTRL-0[23]"),
    _rule("SUP-4", "A.10.3", "a change that a supplier announces is judged, and opens what rests on it", _ASSESSED,
          _SUPPLIED, codes="UP-CTRL-05", shows=("judge_change_notice",)),
    _rule("SUP-5", "A.10.3", "a supplied model without current assessment leaves it unknown", _LAPSED, _ASSESSED,
          f"{_SUPPLIERS}::a_rejected_supplier_confirms_no_review", codes="UP-OPS-52", shows=('== "unknown"',)),
    _rule("SUP-6", "A.10.4", "what a customer requires is met by something that is named", _SUPPLIED,
          f"{_SUPPLIERS}::that_is_opened_again_is_met_no_more_until_it_is_judged", codes="UP-OPS-54"),
    _rule("SUP-7", "A.8.5", "information that is owed is delivered on a past day, with its proof",
          f"{_SUPPLIERS}::information_that_is_owed_is_delivered_once_on_a_past_day_with_its_proof",
          codes="UP-OPS-55 UP-DOOR-11"),
    _rule("POW-1", "5.3", "who wrote it does not approve it",
          f"{_MOVES}::is_approved_by_who_did_not_write_it_and_supersedes_the_old_one",
          f"{_MATRIX}::each_move_is_made_and_offered_by_right_and_state_never_approved_by_its_author",
          codes="UP-CTRL-04", shows=("its author may",)),
    _rule("POW-2", "5.3", "nobody approves by holding two roles", _OWN_RATING,
          f"{_POWER}::is_not_administrator_and_approver_without_an_exception_that_ends",
          f"{_OPERATIONS}::is_answered_by_who_is_asked_and_counts_once_looked_at", codes="UP-RISK-05 UP-OPS-64",
          shows=("approve as well",)),
    _rule("POW-3", "5.3", "who is deactivated hands over what they hold",
          f"{_POWER}::who_leaves_hands_over_and_every_way_in_closes", codes="UP-ROLE-14"),
)  # fmt: skip
