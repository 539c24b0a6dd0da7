"""What every run of hours needs: a lock on what it writes into, and signals as a wish to stop."""
