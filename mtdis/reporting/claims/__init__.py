"""Claims tested on the long table: what the table and the figure `claims` show."""
