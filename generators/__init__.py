"""Release + lock + environment -> SeldonDeployment, detector configurations, Pachyderm specs."""
