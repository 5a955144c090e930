package catalogue

// KubernetesVersions returns what new clusters and upgrades can have, newest first: the last patch of each minor
// version that DOKS keeps in 2026-11. The program itself asks DigitalOcean (infra/cluster).
func KubernetesVersions() []string { return []string{"1.36.3-do.5", "1.35.7-do.5", "1.34.8-do.0"} }
