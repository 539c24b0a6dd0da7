"""The verbs for folders of data: one file a verb."""
