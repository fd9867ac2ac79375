"""Where the guard meets the object store and the registry."""
