"""What serving rests on, whatever is asked about: slots, leases, the mixture and the walk along the queue."""
