"""The demo's access server: dials subscribers in over RADIUS, makes traffic, obeys or refuses CoA."""
