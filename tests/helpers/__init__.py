"""What several test files are made from: small studies, runs, tables, and where things lie."""
