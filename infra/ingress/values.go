package ingress

// What the values of both charts have in common: shapes of the Kubernetes API.
type (
	resources struct {
		Requests quantities  `json:"requests"`
		Limits   *quantities `json:"limits,omitempty"`
	}
	quantities struct {
		CPU    string `json:"cpu,omitempty"`
		Memory string `json:"memory"`
	}
	spread struct {
		MaxSkew           int           `json:"maxSkew"`
		TopologyKey       string        `json:"topologyKey"`
		WhenUnsatisfiable string        `json:"whenUnsatisfiable"`
		NodeTaintsPolicy  string        `json:"nodeTaintsPolicy"`
		LabelSelector     labelSelector `json:"labelSelector"`
		MatchLabelKeys    []string      `json:"matchLabelKeys"`
	}
	labelSelector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	}
)

func (r *Resources) values() resources {
	return resources{
		Requests: quantities{CPU: r.CPU, Memory: r.Memory},
		Limits:   &quantities{Memory: r.MemoryLimit},
	}
}

// spreadOverNodes puts the pods of a component on as many nodes as there are.
// Nodes that fail are tainted and do not count, so that their pods find a place on
// the others, and neither do the pods of the version that is being replaced.
func spreadOverNodes(name, instance, component string) []spread {
	return []spread{{
		MaxSkew:           1,
		TopologyKey:       "kubernetes.io/hostname",
		WhenUnsatisfiable: "DoNotSchedule",
		NodeTaintsPolicy:  "Honor",
		LabelSelector: labelSelector{map[string]string{
			"app.kubernetes.io/name":      name,
			"app.kubernetes.io/instance":  instance,
			"app.kubernetes.io/component": component,
		}},
		MatchLabelKeys: []string{"pod-template-hash"},
	}}
}
