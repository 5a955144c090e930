package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the report as a table.
func (r Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "\nOn %d cores, %s, %s:\n\n", r.Cores, r.Go, r.Platform)

	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "part\twhat\ttime\tagainst\tits time\tratio\tgoal")

	for _, m := range r.Measurements {
		against, floor, ratio, goal := "-", "-", "-", "-"
		if m.Against != "" {
			against, floor, ratio = m.Against, fmt.Sprintf("%.1f s", m.Floor), fmt.Sprintf("%.2f x", m.Ratio)
		}

		if m.Goal != "" {
			verdict := "missed"
			if m.Met {
				verdict = "met"
			}

			goal = m.Goal + ": " + verdict
		}

		fmt.Fprintf(table, "%s\t%s\t%.1f s\t%s\t%s\t%s\t%s\n", m.Part, m.What, m.Seconds, against, floor, ratio, goal)
	}

	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}

	for _, m := range r.Measurements {
		if m.CPURatio != 0 {
			fmt.Fprintf(w, "\nBy processor time, which other work on the machine hardly changes, %s is %.2f x.\n",
				m.Part, m.CPURatio)
		}
	}
	return nil
}
