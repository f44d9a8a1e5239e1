"""An embedded cluster: stand-ins for pachd and Seldon Deploy that speak the real wire protocols."""
