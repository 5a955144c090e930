package main

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/vmstio/infrastructure/policy/rules"
)

const bucket = "digitalocean:index/spacesBucket:SpacesBucket"

func public(t *testing.T) *pulumirpc.AnalyzeRequest {
	t.Helper()
	properties, err := plugin.MarshalProperties(
		resource.PropertyMap{"acl": resource.NewProperty("public-read")}, plugin.MarshalOptions{})
	require.NoError(t, err)
	return &pulumirpc.AnalyzeRequest{Urn: "urn:of:mudd", Type: bucket, Name: "mudd", Properties: properties}
}

func configured(t *testing.T) *server {
	t.Helper()
	s := &server{concerns: rules.Concern, make: pack}
	_, err := s.ConfigureStack(t.Context(), &pulumirpc.AnalyzerStackConfigureRequest{
		Stack: "prod", Project: "vmst", Config: map[string]string{"vmst:settings": "{}"},
	})
	require.NoError(t, err)
	return s
}

func TestServer(t *testing.T) {
	t.Parallel()
	s := configured(t)
	info, err := s.GetAnalyzerInfo(t.Context(), &emptypb.Empty{})
	require.NoError(t, err)
	require.Equal(t, "vmst", info.GetName())
	var held int
	for _, rule := range rules.All() {
		if rule.Resource != nil || rule.Stack != nil {
			held++
		}
	}
	require.Len(t, info.GetPolicies(), held)
	for _, p := range info.GetPolicies() {
		require.NotEqual(t, pulumirpc.PolicyType_POLICY_TYPE_UNKNOWN, p.GetPolicyType(), p.GetName())
	}

	response, err := s.Analyze(t.Context(), public(t))
	require.NoError(t, err)
	require.Len(t, response.GetDiagnostics(), 1)
	found := response.GetDiagnostics()[0]
	require.Equal(t, "bucket-private", found.GetPolicyName())
	require.Equal(t, "urn:of:mudd", found.GetUrn())
	require.Equal(t, pulumirpc.EnforcementLevel_MANDATORY, found.GetEnforcementLevel())
	require.Contains(t, found.GetMessage(), `Buckets are private.`+"\n"+`the bucket's acl is "public-read". Set`)
}

// A person may choose another level for a rule, with --policy-pack-config.
func TestLevelsAreAPersonsToChoose(t *testing.T) {
	t.Parallel()
	for level, want := range map[pulumirpc.EnforcementLevel]int{
		pulumirpc.EnforcementLevel_ADVISORY: 1, pulumirpc.EnforcementLevel_DISABLED: 0,
	} {
		s := configured(t)
		_, err := s.Configure(t.Context(), &pulumirpc.ConfigureAnalyzerRequest{
			PolicyConfig: map[string]*pulumirpc.PolicyConfig{"bucket-private": {EnforcementLevel: level}},
		})
		require.NoError(t, err)
		response, err := s.Analyze(t.Context(), public(t))
		require.NoError(t, err)
		require.Len(t, response.GetDiagnostics(), want)
		for _, found := range response.GetDiagnostics() {
			require.Equal(t, level, found.GetEnforcementLevel())
		}
	}
}

// Without a stack there is no pack: that is an error, and no panic.
func TestAServerWithoutAStack(t *testing.T) {
	t.Parallel()
	s := &server{concerns: rules.Concern, make: pack}
	_, err := s.GetAnalyzerInfo(t.Context(), &emptypb.Empty{})
	require.ErrorIs(t, err, errUnconfigured)
	_, err = s.GetPluginInfo(t.Context(), &emptypb.Empty{})
	require.ErrorIs(t, err, errUnconfigured)
}
