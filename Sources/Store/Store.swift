// Store: durable state behind writers with group commit; readers; migrations.
