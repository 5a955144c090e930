package main

import "slices"

func holdsData(typ string) bool {
	return slices.Contains([]string{
		"digitalocean:index/databaseCluster:DatabaseCluster", "digitalocean:index/databaseDb:DatabaseDb",
		"digitalocean:index/databaseUser:DatabaseUser", "digitalocean:index/domain:Domain",
		"digitalocean:index/kubernetesCluster:KubernetesCluster", "digitalocean:index/loadBalancer:LoadBalancer",
		"digitalocean:index/spacesBucket:SpacesBucket", "digitalocean:index/vpc:Vpc", "kubernetes:core/v1:Namespace",
		"random:index/randomBytes:RandomBytes", "random:index/randomPassword:RandomPassword",
		"tls:index/privateKey:PrivateKey",
	}, typ)
}
