"""The synthetic world: drawn faces moved by action units. No evidence about real faces."""
