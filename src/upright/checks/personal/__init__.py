"""Personal data by its form: patterns with verified checksums, column by column, never repeating what was found."""
