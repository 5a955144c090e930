package mastodon

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/settings"
)

// The names of what is shared with the chart, inside the namespace.
const (
	releaseName    = "mastodon"
	serviceAccount = "mastodon"
	authorities    = "mastodon-authorities"
	keysSecret     = "mastodon-keys"
	databaseSecret = "mastodon-database"
	cacheSecret    = "mastodon-valkey"
	mediaSecret    = "mastodon-media"
	assetsSecret   = "mastodon-assets"
	smtpSecret     = "mastodon-smtp"
	searchSecret   = "mastodon-search"
	adminSecret    = "mastodon-database-admin"
	jobsSecret     = "mastodon-jobs"
	// variablesSecret holds Args.SecretVariables.
	variablesSecret = "mastodon-environment"
	// railsCacheKey is the password of the Rails cache in cacheSecret.
	railsCacheKey = "cache-password"
)

// The files of certificate authorities in every container.
const (
	// publicCAs are all public ones, in Mastodon's images as in every Debian with ca-certificates.
	publicCAs = "/etc/ssl/certs/ca-certificates.crt"
	// bundlePath has the file of these and of those of the databases.
	bundlePath = "/etc/mastodon/authorities"
	bundle     = bundlePath + "/bundle.crt"
	// clusterCAs has a file for each database with an authority of its own.
	clusterCAs = "/etc/mastodon/cluster-authorities"
)

// bundleCAs writes the bundle. Some of the files do not end their last line.
const bundleCAs = "for file in " + publicCAs + " " + clusterCAs + "/*.crt; do cat \"$file\"; echo; done > " + bundle

// secret is a Kubernetes Secret.
type secret struct {
	name string
	data pulumi.StringMap
	// optional is of a Secret that a setting takes away. It is a copy, so that nothing is lost with it.
	optional bool
}

// podSecrets are those that the chart's pods read. Their keys are those that the chart's values name existingSecretKeys
// by default, so that the values need not repeat them.
func (a *Args) podSecrets(keys *Keys) []secret {
	cache := pulumi.StringMap{"password": escapedPassword(a.Cache)}
	if a.RailsCache != nil {
		cache[railsCacheKey] = escapedPassword(a.RailsCache.Endpoint)
	}
	// The chart wants the Secret of the mail relay even where there is no login.
	login := pulumi.StringMap{"username": pulumi.String(""), "password": pulumi.String("")}
	if a.SMTP.AuthMethod != settings.AuthNone {
		login = pulumi.StringMap{"username": a.SMTPUsername, "password": a.SMTPPassword}
	}
	list := []secret{
		{name: keysSecret, data: pulumi.StringMap{
			"secret-key-base":       keys.SecretKeyBase,
			"vapid-private-key":     keys.VAPIDPrivateKey,
			"vapid-public-key":      keys.VAPIDPublicKey,
			"are-primary-key":       keys.ActiveRecordPrimaryKey,
			"are-deterministic-key": keys.ActiveRecordDeterministicKey,
			"are-derivation-salt":   keys.ActiveRecordKeyDerivationSalt,
		}},
		{name: databaseSecret, data: pulumi.StringMap{
			"username": a.Database.Username, "password": a.Database.Password,
		}},
		{name: cacheSecret, data: cache},
		{name: mediaSecret, data: keyPair(a.Media)},
		{name: smtpSecret, data: login},
	}
	if s := a.Search; s != nil {
		list = append(list, secret{
			name: searchSecret, data: pulumi.StringMap{"username": s.Username, "password": s.Password}, optional: true,
		})
	}
	if len(a.SecretVariables) > 0 {
		list = append(list, secret{
			name: variablesSecret, data: pulumi.StringMap(a.SecretVariables), optional: true,
		})
	}
	return list
}

// jobSecrets are those that only the Jobs read.
func (a *Args) jobSecrets(keys *Keys) []secret {
	return []secret{
		{name: jobsSecret, data: a.environment(keys)},
		{name: assetsSecret, data: keyPair(a.Assets)},
		// The names are those of libpq.
		{name: adminSecret, data: pulumi.StringMap{
			"PGHOST": a.Admin.Host, "PGPORT": pulumi.Sprintf("%d", a.Admin.Port), "PGDATABASE": a.Admin.Name,
			"PGUSER": a.Admin.Username, "PGPASSWORD": a.Admin.Password,
			"PGSSLMODE": pulumi.String(a.Admin.SSLMode), "PGSSLROOTCERT": pulumi.String(a.trusted()),
		}},
	}
}

func keyPair(b spaces.Bucket) pulumi.StringMap {
	return pulumi.StringMap{"access-key-id": b.AccessKey, "secret-access-key": b.SecretKey}
}

// trusted is the file of the authorities that any certificate may be of.
func (a *Args) trusted() string {
	if len(a.certificates()) == 0 {
		return publicCAs
	}
	return bundle
}

// certificates are the contents of the ConfigMap of the databases' own authorities, which are public. A database of
// which there is none has a certificate of a public one.
func (a *Args) certificates() pulumi.StringMap {
	files := pulumi.StringMap{}
	if a.Database.CA != (pulumi.StringOutput{}) {
		files["database.crt"] = a.Database.CA
	}
	if a.Search != nil && a.Search.CA != (pulumi.StringOutput{}) {
		files["search.crt"] = a.Search.CA
	}
	return files
}

// namespace makes the namespace, with the account of the pods and the certificate authorities in it. It returns its
// name, which waits for it, and all of them.
func (m *Mastodon) namespace(
	ctx *pulumi.Context, name string, args *Args,
) (pulumi.StringPtrOutput, []pulumi.Resource, error) {
	var called pulumi.StringPtrOutput
	namespace, err := corev1.NewNamespace(ctx, name+"-namespace", &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name: pulumi.String(args.Namespace),
			// Pods that ask for anything beyond computing are refused.
			Labels: pulumi.StringMap{"pod-security.kubernetes.io/enforce": pulumi.String("restricted")},
		},
	}, pulumi.Parent(m), component.Keep(args.Protect))
	if err != nil {
		return called, nil, fmt.Errorf("creating namespace %q: %w", args.Namespace, err)
	}
	called = namespace.Metadata.Name()
	// Mastodon never talks to Kubernetes, so its pods get no token. The account that the chart would make has one.
	account, err := corev1.NewServiceAccount(ctx, name+"-account", &corev1.ServiceAccountArgs{
		Metadata:                     &metav1.ObjectMetaArgs{Name: pulumi.String(serviceAccount), Namespace: called},
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, pulumi.Parent(m))
	if err != nil {
		return called, nil, fmt.Errorf("creating service account %q: %w", serviceAccount, err)
	}
	certificates, err := corev1.NewConfigMap(ctx, name+"-authorities", &corev1.ConfigMapArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(authorities), Namespace: called},
		Data:     args.certificates(),
	}, pulumi.Parent(m))
	if err != nil {
		return called, nil, fmt.Errorf("creating ConfigMap %q: %w", authorities, err)
	}
	return called, []pulumi.Resource{namespace, account, certificates}, nil
}

// secrets makes the Secrets.
func (m *Mastodon) secrets(
	ctx *pulumi.Context, name string, args *Args, namespace pulumi.StringPtrInput, secrets []secret,
) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	for _, s := range secrets {
		// The first part of every name is the release, and the component's name says it.
		object, err := corev1.NewSecret(ctx, name+strings.TrimPrefix(s.name, releaseName), &corev1.SecretArgs{
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(s.name), Namespace: namespace}, StringData: s.data,
		}, pulumi.Parent(m), component.Keep(args.Protect && !s.optional))
		if err != nil {
			return nil, fmt.Errorf("creating Secret %q: %w", s.name, err)
		}
		made = append(made, object)
	}
	return made, nil
}

// checksum changes with everything that is in those Secrets and certificates. Pods carry it as an annotation, so that
// they are replaced when something changes that they would otherwise not notice.
//
// It is keyed with SECRET_KEY_BASE, which nobody can guess: without that, the bare hash of a weak SMTP password could
// be found out by trial. So it gives nothing away and is no secret itself; as one, it would make all the chart's values
// one.
//
// It is only unknown in a preview when a secret in it is, which is so before the first run and when a cloud is about to
// make a new one. A preview then shows the chart as one resource. The Secrets' resourceVersion, the alternative, would
// be unknown at every change of any of them.
func checksum(key pulumi.StringInput, certificates pulumi.StringMap, secrets []secret) pulumi.StringOutput {
	parts := []any{key, certificates}
	for _, s := range secrets {
		parts = append(parts, s.data)
	}
	sum := pulumi.All(parts...).ApplyT(func(parts []any) (string, error) {
		message, err := json.Marshal(parts[1:])
		if err != nil {
			return "", fmt.Errorf("hashing the secrets: %w", err)
		}
		mac := hmac.New(sha256.New, []byte(parts[0].(string)))
		mac.Write(message)
		return hex.EncodeToString(mac.Sum(nil)), nil
	}).(pulumi.StringOutput)
	return pulumi.Unsecret(sum).(pulumi.StringOutput)
}
