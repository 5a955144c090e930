package catalogue

// Price is what something costs in a month, in USD. DigitalOcean bills by the second, up to this amount. Low and High
// differ where sources do; both are 0 where no source gives a price.
type Price struct {
	Low, High float64
}

// Known reports whether a source gives the price.
func (p Price) Known() bool { return p.High > 0 }

func exactly(usd float64) Price { return Price{usd, usd} }

func between(low, high float64) Price { return Price{low, high} }

// Sources of the prices, as of 2026-11. The prices of machines and databases stand in the tables above.
const (
	DropletPricing  = "digitalocean.com/pricing/droplets"
	DatabasePricing = "digitalocean.com/pricing/managed-databases"
	ClusterPricing  = "digitalocean.com/pricing/kubernetes"
	BalancerPricing = "digitalocean.com/pricing/load-balancers"
	SpacesPricing   = "digitalocean.com/pricing/spaces-object-storage"
	UptimePricing   = "digitalocean.com/pricing/uptime-monitoring"
	VolumePricing   = "digitalocean.com/pricing/volumes-block-storage"
)

// HighlyAvailableControlPlane is the price of the replicated control plane. A single one is free.
func HighlyAvailableControlPlane() Price { return exactly(40) }

// LoadBalancerNode is the price of one node of a load balancer of a type, REGIONAL or REGIONAL_NETWORK.
func LoadBalancerNode(kind string) Price {
	switch kind {
	case "REGIONAL":
		return exactly(12)
	case "REGIONAL_NETWORK":
		return exactly(15)
	default:
		return Price{}
	}
}

// Spaces is the price of object storage, for all buckets of an account: 250 GiB and 1 TiB of traffic. Each GiB more
// costs 0.02 to keep and 0.01 to send.
func Spaces() Price { return exactly(5) }

// SpacesGiB is how much of it that is.
const SpacesGiB = 250

// SpacesMore is the price of each GiB beyond.
func SpacesMore() Price { return exactly(0.02) }

// UptimeCheck is the price of a check. The first one of an account is free.
func UptimeCheck() Price { return exactly(1) }

// VolumeGiB is the price of each GiB of a volume (block storage).
func VolumeGiB() Price { return exactly(0.10) }
