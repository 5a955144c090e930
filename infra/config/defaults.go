package config

// defaults returns settings in which every optional value that is not decided
// by another one is set. Decoding overwrites what the file says.
func defaults() Settings {
	var s Settings
	s.Cluster.AutoUpgrade = true
	s.Cluster.Maintenance = Window{Day: "sunday", Time: "06:00"}
	s.Database.Maintenance = Window{Day: "tuesday", Time: "06:00"}
	s.Cache.Version = "8"
	s.Cache.Maintenance = Window{Day: "wednesday", Time: "06:00"}
	s.Search.Version = "2.19"
	s.Search.Maintenance = Window{Day: "thursday", Time: "06:00"}
	s.Storage.CDNTTL = 3600
	s.Storage.OldVersionDays = 30
	s.Storage.BackupDays = 30
	s.Ingress.Chart = Chart{
		Repository: "https://kubernetes.github.io/ingress-nginx", Name: "ingress-nginx", Version: "4.15.1",
	}
	s.Ingress.Resources = Resources{CPU: "200m", Memory: "256Mi", MemoryLimit: "512Mi"}
	s.Ingress.MaxBodySize = "99m"
	s.Ingress.HSTSMaxAge = 63072000
	s.Ingress.CertManager = Chart{
		Repository: "https://charts.jetstack.io", Name: "cert-manager", Version: "v1.21.2",
	}
	s.DNS.TTL = 1800
	s.Mastodon = mastodonDefaults()
	s.Docs.Build = DocsBuild{
		Directory: "docs", Command: "npm run generate", PublishDirectory: "dist", ProductionBranch: "main",
	}
	s.Monitoring.LatencyMilliseconds = 2000
	s.Monitoring.CPUPercent = 90
	s.Monitoring.MemoryPercent = 90
	s.Monitoring.DiskPercent = 80
	return s
}

func mastodonDefaults() Mastodon {
	return Mastodon{
		Chart: Chart{
			Repository: "https://mastodon.github.io/helm-charts/", Name: "mastodon", Version: "1.0.2",
		},
		Image:          Image{Repository: "ghcr.io/mastodon/mastodon"},
		StreamingImage: "ghcr.io/mastodon/mastodon-streaming",
		Locale:         "en",
		Web: Web{
			Processes: 2, Threads: 5,
			Resources: Resources{CPU: "500m", Memory: "1200Mi", MemoryLimit: "2Gi"},
		},
		Streaming: Streaming{
			DatabaseConnections: 10,
			Resources:           Resources{CPU: "100m", Memory: "128Mi", MemoryLimit: "512Mi"},
		},
		SMTP: SMTP{AuthMethod: "plain"},
	}
}

// complete fills in what decoding cannot start from: lists, elements of lists,
// and values that depend on others.
func (s *Settings) complete() {
	for i := range s.Mastodon.Sidekiq {
		s.Mastodon.Sidekiq[i].Resources.orElse(Resources{CPU: "250m", Memory: "768Mi", MemoryLimit: "1536Mi"})
	}
	if s.Monitoring.Regions == nil {
		s.Monitoring.Regions = []string{"us_east", "us_west", "eu_west"}
	}
	if s.Docs.Build.Branches == nil {
		s.Docs.Build.Branches = []string{"staging"}
	}
	if s.Docs.Host == "" && s.DNS.Zone != "" {
		s.Docs.Host = "docs." + s.DNS.Zone
	}
	if s.Search.Enabled && s.Search.IndexPreset == "" {
		s.Search.IndexPreset = PresetSmallCluster
		if s.Search.Nodes == 1 {
			s.Search.IndexPreset = PresetSingleNode
		}
	}
}

// orElse takes the values that are not set from another set of resources.
func (r *Resources) orElse(other Resources) {
	if r.CPU == "" {
		r.CPU = other.CPU
	}
	if r.Memory == "" {
		r.Memory = other.Memory
	}
	if r.MemoryLimit == "" {
		r.MemoryLimit = other.MemoryLimit
	}
}
