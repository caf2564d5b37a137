"""The commands' work: functions from an experiment and options to a value. Heavy libraries are imported late."""
