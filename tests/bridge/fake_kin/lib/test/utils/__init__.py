class TrackerParams:
    def get(self, name, *default):
        return getattr(self, name, *default)
