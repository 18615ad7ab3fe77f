"""The parts of the small session-manager-plugin beside this file."""
