package docsite

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What the provider says when there is no site of the name in the team, and when it cannot see the team
// (internal/provider/site_data_source.go of netlify/terraform-provider-netlify v0.4.0).
const (
	noSite = "Could not find Netlify site"
	noTeam = "Could not list Netlify sites"
)

// find looks the site up.
func find(ctx *pulumi.Context, args *Args, opts ...pulumi.InvokeOption) (*netlify.GetSiteResult, error) {
	site, err := netlify.GetSite(ctx, &netlify.GetSiteArgs{Name: &args.Site, TeamSlug: &args.Team}, opts...)
	if err == nil {
		return site, nil
	}
	err = fmt.Errorf("looking up the Netlify site %q of team %q: %w", args.Site, args.Team, err)
	switch {
	case strings.Contains(err.Error(), noSite):
		return nil, fmt.Errorf("%w\n%s", err, args.howToMake())
	case strings.Contains(err.Error(), noTeam):
		return nil, fmt.Errorf("%w\nthe team's slug is the last part of its address, "+
			"https://app.netlify.com/teams/<slug>, and the token must belong to one of its members", err)
	}
	return nil, err
}

// howToMake says how a person makes the site.
func (a *Args) howToMake() string {
	folder := "the site"
	if a.Build.Directory != "" {
		folder = fmt.Sprintf("the folder %q", a.Build.Directory)
	}
	return fmt.Sprintf(`the provider cannot make a site, so make it once, by hand:
  1. Log in to https://app.netlify.com/start and choose the team %q.
  2. Choose the Git provider, then the repository that holds %s.
  3. Enter the project name %q and the branch to deploy %q; leave the rest as it is.
  4. Choose Deploy. The first deploy may fail: the build settings come from here.
  5. Run pulumi up again.`, a.Team, folder, a.Site, a.Build.ProductionBranch)
}
