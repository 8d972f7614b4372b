"""The study's page: one file of HTML that opens from disk and asks no network."""
