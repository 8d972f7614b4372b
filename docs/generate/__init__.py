"""The pages in docs/reference: tables of config fields from the specs, options from the parsers."""
