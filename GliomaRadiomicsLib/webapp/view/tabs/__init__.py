"""The tabs of the panel: each builds its widgets once and fills the state they show."""
