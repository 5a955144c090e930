package ingress

import (
	"strconv"
	"strings"
)

// ciphers of TLS 1.2: forward secrecy and authenticated encryption only, without the slow finite-field ones. TLS 1.3
// has its own.
var ciphers = []string{
	"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
	"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
	"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
}

// compressed are the types of response worth compressing besides text/html, which always is: what browsers load, and
// what other instances fetch.
var compressed = []string{
	"application/activity+json", "application/ld+json", "application/jrd+json", "application/json",
	"application/atom+xml", "application/rss+xml", "application/xml", "application/xrd+xml", "text/xml",
	"application/javascript", "application/manifest+json", "text/javascript", "text/css", "text/plain",
	"image/svg+xml", "image/x-icon",
}

// nginxConfig is the controller's ConfigMap. Names, defaults and meaning: ingress-nginx,
// docs/user-guide/nginx-configuration/configmap.md at controller-v1.15.1.
func (a *Args) nginxConfig() map[string]string {
	const on, off = "true", "false"
	config := map[string]string{
		"use-proxy-protocol": strconv.FormatBool(a.LoadBalancer.ProxyProtocol),
		// There is no proxy in front that could be believed: whoever sends X-Forwarded-For is the client.
		"use-forwarded-headers": off,
		"proxy-body-size":       a.MaxBodySize,
		"ssl-protocols":         "TLSv1.2 TLSv1.3",
		"ssl-ciphers":           strings.Join(ciphers, ":"),
		// Whoever asks for a host that is not served gets no certificate, and so no connection; over plain HTTP, the
		// controller's own 404.
		"ssl-reject-handshake": on,
		"hsts":                 strconv.FormatBool(a.HSTSMaxAge > 0),
		"hsts-max-age":         strconv.Itoa(a.HSTSMaxAge),
		// Names below the domain may be served from elsewhere, and are not this program's to make promises for.
		"hsts-include-subdomains": off,
		"use-gzip":                on,
		"gzip-level":              "5",
		"gzip-types":              strings.Join(compressed, " "),
		"enable-brotli":           on,
		"brotli-types":            strings.Join(compressed, " "),
		"server-tokens":           off,
		"hide-headers":            "X-Powered-By,X-Runtime",
		// Nothing here needs an annotation that can write into nginx's configuration.
		"annotations-risk-level": "Medium",
	}
	if a.LoadBalancer.ProxyProtocol {
		config["proxy-real-ip-cidr"] = strings.Join(append([]string{a.TrustedRange}, a.TrustedRanges...), ",")
	}
	return config
}
