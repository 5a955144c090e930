package kubernetes

import (
	helmv4 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/helm/v4"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// releaseArgs are the arguments of a Release, as package kubernetes/helm/v3 of the SDK has them. With that package all
// 69 API packages of Kubernetes would be compiled for this one type, which takes minutes; a test compares the two.
type releaseArgs struct {
	AllowNullValues          *bool                   `pulumi:"allowNullValues"`
	Atomic                   *bool                   `pulumi:"atomic"`
	Chart                    string                  `pulumi:"chart"`
	CleanupOnFail            *bool                   `pulumi:"cleanupOnFail"`
	Compat                   *string                 `pulumi:"compat"`
	CreateNamespace          *bool                   `pulumi:"createNamespace"`
	DependencyUpdate         *bool                   `pulumi:"dependencyUpdate"`
	Description              *string                 `pulumi:"description"`
	Devel                    *bool                   `pulumi:"devel"`
	DisableCRDHooks          *bool                   `pulumi:"disableCRDHooks"`
	DisableOpenapiValidation *bool                   `pulumi:"disableOpenapiValidation"`
	DisableWebhooks          *bool                   `pulumi:"disableWebhooks"`
	ForceUpdate              *bool                   `pulumi:"forceUpdate"`
	Keyring                  *string                 `pulumi:"keyring"`
	Lint                     *bool                   `pulumi:"lint"`
	Manifest                 map[string]any          `pulumi:"manifest"`
	MaxHistory               *int                    `pulumi:"maxHistory"`
	Name                     *string                 `pulumi:"name"`
	Namespace                *string                 `pulumi:"namespace"`
	Postrender               *string                 `pulumi:"postrender"`
	RecreatePods             *bool                   `pulumi:"recreatePods"`
	RenderSubchartNotes      *bool                   `pulumi:"renderSubchartNotes"`
	Replace                  *bool                   `pulumi:"replace"`
	RepositoryOpts           *helmv4.RepositoryOpts  `pulumi:"repositoryOpts"`
	ResetValues              *bool                   `pulumi:"resetValues"`
	ResourceNames            map[string][]string     `pulumi:"resourceNames"`
	ReuseValues              *bool                   `pulumi:"reuseValues"`
	SkipAwait                *bool                   `pulumi:"skipAwait"`
	SkipCrds                 *bool                   `pulumi:"skipCrds"`
	TakeOwnership            *bool                   `pulumi:"takeOwnership"`
	Timeout                  *int                    `pulumi:"timeout"`
	ValueYamlFiles           []pulumi.AssetOrArchive `pulumi:"valueYamlFiles"`
	Values                   map[string]any          `pulumi:"values"`
	Verify                   *bool                   `pulumi:"verify"`
	Version                  *string                 `pulumi:"version"`
	WaitForJobs              *bool                   `pulumi:"waitForJobs"`
}
