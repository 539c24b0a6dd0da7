"""Whole networks of trackers that learn a target model online."""
