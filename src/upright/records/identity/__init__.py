"""Who is who and may what: persons, units, roles held in a unit, accounts that log in."""
