"""What a checkout changes in the process that imports it: kept apart, and put back."""
