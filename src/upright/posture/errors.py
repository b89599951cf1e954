"""What can be wrong with Facts, or with the rules and catalogues they are judged by."""

from upright.kernel import InputError


class FactsError(InputError):
    """Facts cannot be judged: another set of rules, another catalogue, or a shape that is not theirs."""
