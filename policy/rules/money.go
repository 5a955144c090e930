package rules

import (
	"fmt"

	"github.com/vmstio/infrastructure/infra/settings"
)

// near is the share of the budget from which on there is a warning.
const near = 0.9

func moneyRules() []Rule {
	// Prices that no source states are in no sum.
	const reason = "Node pools scale, and prices of plans differ by factors: what a line in a stack's file costs " +
		"should be known before it is paid for. The bill is that of infra/settings/cost.go, in USD and without " +
		"taxes, with every node pool at its most nodes; what use adds, such as traffic, is not in it."
	return []Rule{
		{
			Name: "bill-within-budget", Level: Mandatory,
			What:   "The bill of a month stays within the budget.",
			Reason: reason,
			Remedy: "Choose smaller plans or fewer nodes, or raise vmst:settings.budget.monthly",
			Of:     of(),
			Stack: func(_ []Resource, s *settings.Settings) []Violation {
				bill, budget, ok := bill(s)
				if !ok || bill <= budget {
					return nil
				}
				return []Violation{{"", fmt.Sprintf("a month may cost %.2f USD, and the budget is %.0f USD",
					bill, budget)}}
			},
		},
		{
			Name: "bill-near-budget", Level: Advisory,
			What:   "The bill of a month stays below 90 % of the budget.",
			Reason: reason,
			Remedy: "See whether the next change still fits into vmst:settings.budget.monthly",
			Of:     of(),
			Stack: func(_ []Resource, s *settings.Settings) []Violation {
				bill, budget, ok := bill(s)
				if !ok || bill > budget || bill < near*budget {
					return nil
				}
				return []Violation{{"", fmt.Sprintf("a month may cost %.2f USD, %.0f %% of the budget of %.0f USD",
					bill, 100*bill/budget, budget)}}
			},
		},
	}
}

// bill is the most that a month costs, and the budget; false if there is none.
func bill(s *settings.Settings) (bill, budget float64, ok bool) {
	if s == nil || s.Budget.Monthly == 0 {
		return 0, 0, false
	}
	return s.MonthlyCost().Max, float64(s.Budget.Monthly), true
}
