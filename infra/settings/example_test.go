package settings_test

import (
	"errors"
	"fmt"

	"github.com/vmstio/infrastructure/infra/settings"
)

// Everything that is wrong is reported at once: where, what, and what to do.
func ExampleDecode() {
	_, _, err := settings.Decode(`{
		"domain": "https://social.example.org",
		"region": "toronto",
		"protect": "true",
		"networks": {"ipRange": "10.64.0.0/20"},
		"database": {"engine": "pg", "version": 17, "size": "db-s-1vcpu-2gb", "nodes": 1, "poolSize": 99}
	}`, "")
	var problems settings.Problems
	if !errors.As(err, &problems) {
		return
	}
	for _, problem := range problems {
		if problem.Wrong != "the value is missing" {
			fmt.Printf("%s\n  %s;\n  %s\n", problem.Path, problem.Wrong, problem.Remedy)
		}
	}
	// Output:
	// vmst:settings.database.poolSize
	//   99 is more than db-s-1vcpu-2gb can serve;
	//   use at most 42: of its 47 connections, 5 are kept for migrations
	// vmst:settings.database.version
	//   17 is not text (a string);
	//   put it in quotes: "17"
	// vmst:settings.domain
	//   "https://social.example.org" is not a host name;
	//   write a full name in lower case, without a scheme or a final dot, such as social.example.org
	// vmst:settings.networks
	//   the key is unknown;
	//   did you mean "network"?
	// vmst:settings.protect
	//   "true" is not true or false;
	//   write it without quotes: true
	// vmst:settings.region
	//   "toronto" is not a region with Kubernetes and databases;
	//   did you mean "tor1"?
}
