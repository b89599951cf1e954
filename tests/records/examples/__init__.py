"""One valid record of each type, for tests that walk all of them; a later one may stand on those before."""

from records.examples import assurance, governance, inventory, operations, risk, work
from records.examples.building import Builder

EXAMPLES: dict[str, Builder] = {
    **inventory.EXAMPLES,
    **risk.EXAMPLES,
    **governance.EXAMPLES,
    **assurance.EXAMPLES,
    **operations.EXAMPLES,
    **work.EXAMPLES,
}
