"""Training settings in LTR form: each module has `run(settings)` and names the engine as `ltr`."""
