package reference_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings"
)

var sizes = []string{"100", "1000", "10000", "100000"}

func sizeFile(accounts string) string { return filepath.Join("testdata", "sizes", accounts+".yaml") }

// Whoever takes one of the sizes can bring it up.
func TestSizesComeUp(t *testing.T) {
	t.Parallel()
	least := 0.0
	for _, accounts := range sizes {
		r := up(t, sizeFile(accounts))
		require.Greater(t, len(r.All()), 100, accounts)
		s, _ := decoded(t, sizeFile(accounts))
		require.Greater(t, s.MonthlyCost().Min, least, "%s costs no more than what is smaller", accounts)
		least = s.MonthlyCost().Min
	}
}

// accounts is a number as people write it.
func grouped(accounts string) string {
	if n := len(accounts) - 3; n > 0 {
		return accounts[:n] + "," + accounts[n:]
	}
	return accounts
}

func dollars(low, high float64) string {
	if low == high && low < 1 {
		return fmt.Sprintf("%.2f", low)
	}
	if fmt.Sprintf("%.0f", low) == fmt.Sprintf("%.0f", high) {
		return fmt.Sprintf("%.0f", low)
	}
	return fmt.Sprintf("%.0f to %.0f", low, high)
}

// total is the sum of a bill, which is a least one where something has no price.
func total(bill settings.Cost) string {
	sum := dollars(bill.Min, bill.Max)
	for _, line := range bill.Lines {
		if !line.Known {
			return sum + ", and what has no price"
		}
	}
	return sum
}

func itemised(b *strings.Builder, bill settings.Cost) {
	b.WriteString("| item | USD a month |\n| --- | ---: |\n")
	for _, line := range bill.Lines {
		price := "no source gives a price"
		if line.Known {
			price = dollars(line.Min, line.Max)
		}
		fmt.Fprintf(b, "| %s | %s |\n", cell(line.Item), price)
	}
	fmt.Fprintf(b, "| **together** | **%s** |\n", total(bill))
}

// requested says what takes how much of the pools that are on the bill.
func requested(b *strings.Builder, s *settings.Settings) {
	b.WriteString("\nWhat takes how much of the pools, by the requests of its pods:\n\n")
	b.WriteString("| pods of | on pool | CPU | GiB |\n| --- | --- | ---: | ---: |\n")
	for _, r := range s.Requests() {
		fmt.Fprintf(b, "| %s | %s | %.2f | %.1f |\n", r.What, cmp.Or(r.Pool, "any"), r.CPU, r.Memory)
	}
}

func TestCostsPageIsCurrent(t *testing.T) {
	t.Parallel()
	b := page("Costs", "What an environment costs in a month, item by item: both stacks, and four other sizes.",
		"the stack files, tests/reference/testdata/sizes and infra/catalogue")
	fmt.Fprintf(b, `USD per month, before taxes, from the settings and the prices in
[infra/catalogue](../../../infra/catalogue/prices.go), as of %s; those of nodes from DigitalOcean's table of %s, of
which s-4vcpu-16gb-amd, s-4vcpu-8gb and g-4vcpu-16gb were looked up again. Where there are two numbers, every node pool
runs its least nodes or its most, or sources disagree. Not in it is what use adds: traffic beyond what the plans
include, storage that a database grows by, and what is not DigitalOcean's: domain, mail relay, a bucket elsewhere.
`, catalogue.Date, catalogue.DropletPricesDate)
	b.WriteString("`pulumi stack output monthlyCost` is the\nsame bill of a stack that runs.\n\n")
	for _, stack := range committed {
		s, _ := decoded(t, stackFile(stack))
		fmt.Fprintf(b, "## The stack `%s`\n\n", stack)
		itemised(b, s.MonthlyCost())
		requested(b, s)
		b.WriteString("\n")
	}
	b.WriteString(`## Other sizes

Accounts are a rule of thumb, and a bad one: what an instance takes is decided by how many people come each day, whom
they follow elsewhere, and how much media is kept. Ten thousand accounts of which nine thousand never come back are a
small instance; one account with a million followers is a large one. Begin small: plans and numbers grow in place. What
does not is decided at the beginning: the domain, the regions, the address ranges, the load balancer's type, the size
of the default pool, and the engine of the database ([what a change does](settings/index.md)).

Each size is a stack file that the program brings up in its tests.

| accounts | USD a month | a node may be away | the database may be away |
| --- | ---: | --- | --- |
`)
	for _, accounts := range sizes {
		s, _ := decoded(t, sizeFile(accounts))
		fmt.Fprintf(b, "| [%s](#%s-accounts) | %s | %s | %s |\n", grouped(accounts), accounts, total(s.MonthlyCost()),
			yes(spare(s)), yes(s.Database.Nodes > 1))
	}
	for _, accounts := range sizes {
		s, _ := decoded(t, sizeFile(accounts))
		fmt.Fprintf(b, "\n### %s accounts\n\n", grouped(accounts))
		fmt.Fprintf(b, "%s\n\n", reason(t, accounts))
		fmt.Fprintf(b, "[The stack file](../../../tests/reference/testdata/sizes/%s.yaml)\n\n", accounts)
		itemised(b, s.MonthlyCost())
		b.WriteString("\nEvery preview warns of:\n\n")
		for _, w := range s.Warnings() {
			fmt.Fprintf(b, "- `%s`: %s\n", strings.TrimPrefix(w.Path, "vmst:settings."), prose(w.Wrong))
		}
	}
	current(t, "costs.md", b.String())
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// spare is whether every pool has a node to lose.
func spare(s *settings.Settings) bool {
	for _, pool := range s.Cluster.NodePools {
		if pool.MinNodes < 2 {
			return false
		}
	}
	return true
}

// reason is the comment that a size's file begins with.
func reason(t *testing.T, accounts string) string {
	t.Helper()
	text, err := os.ReadFile(sizeFile(accounts))
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		said, comment := strings.CutPrefix(line, "# ")
		if !comment {
			break
		}
		lines = append(lines, strings.TrimSpace(said))
	}
	require.NotEmpty(t, lines, "%s says nothing of who it is for", accounts)
	return strings.Join(lines, "\n")
}
