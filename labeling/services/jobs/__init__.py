"""The one job protocol: enqueued on commit, attempted with a beat and a fence, tried again."""
