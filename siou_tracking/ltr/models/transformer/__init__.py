"""The transformer that predicts a target model, and the head around it."""
