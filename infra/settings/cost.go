package settings

import (
	"fmt"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// Cost is what an environment costs in a month, in USD, without taxes and without what use adds: storage and traffic
// beyond what a plan includes.
type Cost struct {
	// Lines are the items of the bill.
	Lines []CostLine
	// Min is the sum when every node pool runs its least nodes, Max when every one runs its most. Lines without a price
	// are in neither.
	Min, Max float64
}

// CostLine is one item of the bill.
type CostLine struct {
	// Item says what is paid for, with the number and the plan.
	Item string
	// Min and Max are the bounds of the price in USD; both 0 if no source gives it.
	Min, Max float64
	// Known is whether a source gives the price.
	Known bool
	// Source is the page that states the price.
	Source string
}

// MonthlyCost adds up what the settings cost, from the prices in package catalogue. The bounds differ where pools
// scale and where sources disagree. Netlify's free plan serves the documentation.
func (s *Settings) MonthlyCost() Cost {
	var c Cost
	s.Cluster.cost(&c)
	s.Database.cost(&c)
	s.Cache.cost(&c)
	s.Search.cost(&c)
	s.LoadBalancer.cost(&c)
	s.Storage.cost(&c)
	s.monitoringCost(&c)
	s.Observability.cost(&c)
	return c
}

func (c *Cost) nodes(what, slug string, least, most int) {
	size, _ := catalogue.LookupDropletSize(slug)
	count := fmt.Sprint(least)
	if most > least {
		count = fmt.Sprintf("%d to %d", least, most)
	}
	c.add(fmt.Sprintf("%s, %s x %s", what, count, slug), least, most, size.Price, catalogue.DropletPricing)
}

func (c *Cost) database(what, engine, slug string, nodes int) {
	offer, _ := catalogue.LookupEngine(engine)
	plan, _ := offer.Plan(slug)
	c.add(fmt.Sprintf("%s, %d x %s", what, nodes, slug), nodes, nodes, plan.Price, catalogue.DatabasePricing)
}

func (c *Cost) add(item string, least, most int, price catalogue.Price, source string) {
	line := CostLine{
		Item: item, Min: float64(least) * price.Low, Max: float64(most) * price.High,
		Known: price.Known(), Source: source,
	}
	c.Lines = append(c.Lines, line)
	c.Min += line.Min
	c.Max += line.Max
}

// String returns the bill as a table, one line for each item and one for the sum.
func (c Cost) String() string {
	var b strings.Builder
	complete := true
	for _, line := range c.Lines {
		amount := "unknown"
		if line.Known {
			amount = dollars(line.Min, line.Max)
		}
		complete = complete && line.Known
		fmt.Fprintf(&b, "%-48s %18s\n", line.Item, amount)
	}
	total := "total, USD a month"
	if !complete {
		total += ", without the unknown"
	}
	fmt.Fprintf(&b, "%-48s %18s\n", total, dollars(c.Min, c.Max))
	return b.String()
}

func dollars(low, high float64) string {
	if low == high {
		return fmt.Sprintf("%.2f", low)
	}
	return fmt.Sprintf("%.2f to %.2f", low, high)
}
