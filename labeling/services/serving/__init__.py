"""Which question comes next for one person, whatever is asked about: sources > queue_pass > claim > next_tasks."""
