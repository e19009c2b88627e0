"""How the portal is set up and run on one machine: launchers, roles, supervisor. Owns no business rule."""
