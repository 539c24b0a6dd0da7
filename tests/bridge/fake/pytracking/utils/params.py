class TrackerParams:
    def get(self, name, *default):
        return getattr(self, name, *default)

    def has(self, name):
        return hasattr(self, name)
