"""The experiment file: schema, overrides, designs, promises and the search section."""
