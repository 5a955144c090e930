package pictures

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// known are the components that the tool has words for, with what a box is called that stands for one of which nothing
// else is drawn. Any other one is a plain box with its name.
func known() map[string]string {
	return map[string]string{
		"vmst:backup:Backup":               "backups",
		"vmst:backup:Vault":                "keys of the backups",
		"vmst:cache:Cache":                 "cache",
		"vmst:cluster:Cluster":             "Kubernetes",
		"vmst:database:Database":           "database",
		"vmst:dns:Records":                 "DNS records",
		zoneType:                           "DNS zone",
		"vmst:docsite:DocSite":             "documentation",
		"vmst:ingress:Ingress":             "ingress",
		"vmst:loadbalancer:LoadBalancer":   "load balancer",
		"vmst:mastodon:Mastodon":           "Mastodon",
		"vmst:monitoring:Monitoring":       "monitoring",
		"vmst:network:Network":             "network",
		"vmst:observability:Observability": "observability",
		"vmst:search:Search":               "search",
		"vmst:storage:Storage":             "storage",
	}
}

// Tokens of the types that more than one picture draws.
const (
	vpcType        = "digitalocean:index/vpc:Vpc"
	clusterType    = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	poolType       = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
	balancerType   = "digitalocean:index/loadBalancer:LoadBalancer"
	databaseType   = "digitalocean:index/databaseCluster:DatabaseCluster"
	connectionType = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
	firewallType   = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	bucketType     = "digitalocean:index/spacesBucket:SpacesBucket"
	cdnType        = "digitalocean:index/cdn:Cdn"
	recordType     = "digitalocean:index/dnsRecord:DnsRecord"
	domainType     = "digitalocean:index/domain:Domain"
	checkType      = "digitalocean:index/uptimeCheck:UptimeCheck"
	uptimeType     = "digitalocean:index/uptimeAlert:UptimeAlert"
	alertType      = "digitalocean:index/monitorAlert:MonitorAlert"
	projectType    = "digitalocean:index/project:Project"
	keyType        = "digitalocean:index/spacesKey:SpacesKey"
	releaseType    = "kubernetes:helm.sh/v3:Release"
	chartType      = "kubernetes:helm.sh/v4:Chart"
	deploymentType = "kubernetes:apps/v1:Deployment"
	cronType       = "kubernetes:batch/v1:CronJob"
	jobType        = "kubernetes:batch/v1:Job"
	issuerType     = "kubernetes:cert-manager.io/v1:ClusterIssuer"
	siteType       = "netlify:index/siteBuildSettings:SiteBuildSettings"
	zoneType       = "vmst:dns:Zone"
	hostType       = "netlify:index/siteDomainSettings:SiteDomainSettings"
)

// quiet are the types of which a layout shows nothing: settings of what is drawn, and what is in Pulumi's state only.
func quiet(r Resource) bool {
	switch r.Type {
	case cdnType, domainType, recordType, checkType, uptimeType, alertType, projectType, keyType, connectionType,
		firewallType, siteType, hostType, cronType, jobType, issuerType, vpcType, clusterType, poolType,
		"digitalocean:index/certificate:Certificate",
		"digitalocean:index/databaseDb:DatabaseDb",
		"digitalocean:index/databaseUser:DatabaseUser",
		"digitalocean:index/projectResources:ProjectResources",
		"digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration",
		"digitalocean:index/spacesBucketObject:SpacesBucketObject",
		"netlify:index/siteCollaborationSettings:SiteCollaborationSettings",
		"netlify:index/environmentVariable:EnvironmentVariable",
		"kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Namespace", "kubernetes:core/v1:Secret",
		"kubernetes:core/v1:Service", "kubernetes:core/v1:ServiceAccount",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy",
		"kubernetes:policy/v1:PodDisruptionBudget":
		return true
	}
	// What Prometheus is to look at; the stack's providers; random values.
	return strings.HasPrefix(r.Type, "kubernetes:monitoring.coreos.com/") ||
		slices.Contains([]string{"pulumi", "random", "tls"}, r.Provider())
}

// layout is a server layout while it is made.
type layout struct {
	Program
	regions map[string]*Box
	hosts   map[string]*Box
	account *Box
	vpc     *Box
	cluster *Box
	anyPool *Box
	pools   map[string]*Box
	managed *Box
	// drawn says where the things of a component are, by its ID.
	drawn map[string]*Box
	// done are the things that are drawn, by their IDs.
	done map[string]bool
}

// Layout draws where everything is: regions, the private network, node pools and what runs on them, databases, buckets,
// and what is in no region. Whatever is in the program has its place here.
func Layout(p Program, stack string) Picture {
	return Picture{
		Name:  "layout-" + stack,
		Title: "Server layout of " + stack,
		Description: "Regions, private network, Kubernetes cluster with its node pools and what runs on them, " +
			"databases, buckets, and what is in no region, as the program makes them.",
		Boxes: lay(p).boxes(),
	}
}

// lay finds a place for everything in the program.
func lay(p Program) *layout {
	l := &layout{
		Program: p, regions: map[string]*Box{}, hosts: map[string]*Box{}, pools: map[string]*Box{},
		drawn: map[string]*Box{}, done: map[string]bool{},
	}
	l.places()
	// Mastodon itself comes first on its pools, and PostgreSQL among the databases.
	for _, r := range slices.Concat(p.Of(chartType), p.databases(), p.Resources) {
		if !r.Component() && !l.strange(r.Parent) && !quiet(r) && !l.done[r.ID()] {
			l.thing(r)
			l.done[r.ID()] = true
		}
	}
	l.periodic()
	l.names()
	l.watch()
	l.sites()
	for _, r := range p.Resources {
		if r.Component() && l.drawn[r.ID()] == nil {
			l.room(r)
		}
	}
	return l
}

// strange says whether a parent is a component that the tool does not know.
func (l *layout) strange(parent string) bool {
	kind, _, _ := strings.Cut(parent, " ")
	_, ok := known()[kind]
	return strings.HasPrefix(kind, "vmst:") && !ok
}

// mark notes where something is drawn that a component has made, and so the component.
func (l *layout) mark(r Resource, at *Box) {
	if l.drawn[r.Parent] == nil {
		l.drawn[r.Parent] = at
	}
}

// place is what a region is called.
func place(slug string) string {
	for _, r := range catalogue.Regions() {
		if r.Slug == slug {
			return r.Place + " (" + slug + ")"
		}
	}
	return slug
}

func (l *layout) region(slug string) *Box {
	if l.regions[slug] == nil {
		l.regions[slug] = &Box{Title: "DigitalOcean, " + place(slug), Look: region, Columns: 2}
	}
	return l.regions[slug]
}

// places makes the boxes that others are in: the private network, the cluster and its pools.
func (l *layout) places() {
	l.account = &Box{Title: "DigitalOcean, in no region", Look: region, Columns: 2}
	for _, r := range l.Of(projectType) {
		l.account.Lines = []string{"project " + r.Inputs.Text("name")}
	}
	l.managed = &Box{Title: "Managed databases", Look: cluster, Columns: 2}
	l.anyPool = &Box{Title: "On any node pool", Look: pool, Columns: 2}
	for _, r := range l.Of(vpcType) {
		l.vpc = &Box{Title: "Private network (VPC)", Look: network, Lines: []string{
			r.Inputs.Text("name") + ", " + r.Inputs.Text("ipRange"),
		}}
		l.put(r, l.region(r.Inputs.Text("region")), l.vpc)
	}
	for _, r := range l.Of(clusterType) {
		l.cluster = &Box{Title: "Kubernetes " + r.Inputs.Text("version"), Look: cluster, Lines: []string{
			r.Inputs.Text("name") + ", " + controlPlane(r),
		}}
		l.mark(r, l.cluster)
		l.pool(r.Inputs.Inputs("nodePool"), r)
	}
	for _, r := range l.Of(poolType) {
		l.pool(r.Inputs, r)
	}
}

func controlPlane(r Resource) string {
	if r.Inputs.Text("ha") == "true" {
		return "highly available control plane"
	}
	return "single control plane"
}

func (l *layout) pool(in Inputs, r Resource) {
	role := in.Text("labels", "mastodon-pool")
	nodes := in.Text("nodeCount")
	if least, most := in.Text("minNodes"), in.Text("maxNodes"); nodes == "" && least == most {
		nodes = most
	} else if nodes == "" {
		nodes = least + " to " + most
	}
	box := &Box{Title: "Node pool " + role, Look: pool, Columns: 3, Lines: []string{
		times(nodes, in.Text("size")) + ", " + in.Text("name"),
	}}
	l.pools[role] = box
	l.put(r, l.cluster, box)
}

// times is so many of something.
func times(count, what string) string { return count + "\u00a0× " + what }

// plural is so many of something that has an s when there are more.
func plural(count, what string) string {
	if count != "1" {
		what += "s"
	}
	return count + " " + what
}

// onPool puts a box onto the pool that its pods ask for.
func (l *layout) onPool(r Resource, role string, box *Box) {
	on := l.pools[role]
	if on == nil {
		on = l.anyPool
	}
	l.put(r, on, box)
}

func poolOf(in Inputs, path ...string) string {
	return in.Text(append(path, "nodeSelector", "mastodon-pool")...)
}

// thing draws a resource where it is.
func (l *layout) thing(r Resource) {
	switch r.Type {
	case balancerType:
		l.put(r, l.vpc, balancer(r))
	case databaseType:
		l.put(r, l.managed, database(r))
	case bucketType:
		l.put(r, l.region(r.Inputs.Text("region")), l.bucket(r))
	case releaseType, chartType:
		for _, pods := range charts(r) {
			l.onPool(r, pods.pool, pods.box())
		}
	case deploymentType:
		pods := deployment(r)
		l.onPool(r, pods.pool, pods.box())
	default:
		l.put(r, l.around(r), &Box{Title: r.Kind(), Lines: []string{r.Name}, Look: plain})
	}
}

// put puts a box into a place.
func (l *layout) put(r Resource, at, box *Box) {
	at.Boxes = append(at.Boxes, box)
	l.mark(r, at)
}

// around is the place that a resource's inputs tell of.
func (l *layout) around(r Resource) *Box {
	in := r.Inputs
	switch {
	case r.Provider() == "kubernetes":
		return l.anyPool
	case in.At("vpcUuid") != nil, in.At("privateNetworkUuid") != nil:
		return l.vpc
	case in.Text("region") != "":
		return l.region(in.Text("region"))
	case slices.Contains([]string{"digitalocean", "vmst", "pulumi", "random", "tls"}, r.Provider()):
		return l.account
	default:
		return l.host(r.Provider())
	}
}

// host is the box of another provider.
func (l *layout) host(provider string) *Box {
	if l.hosts[provider] == nil {
		l.hosts[provider] = &Box{Title: strings.ToUpper(provider[:1]) + provider[1:], Look: region}
	}
	return l.hosts[provider]
}

// balancer draws a load balancer.
func balancer(r Resource) *Box {
	in := r.Inputs
	var ports []string
	for _, rule := range in.List("forwardingRules") {
		ports = append(ports, rule.Text("entryPort"))
	}
	return &Box{Title: "Load balancer", Look: edge, Lines: []string{
		in.Text("name") + ", " + in.Text("type"),
		"public address, " + plural(in.Text("sizeUnit"), "node"),
		"ports " + strings.Join(ports, " and "),
	}}
}

// engines are what the engines of databases are called.
func engine(r Resource) string {
	name := map[string]string{
		"pg": "PostgreSQL", "advanced_pg": "PostgreSQL", "valkey": "Valkey", "redis": "Redis", "mysql": "MySQL",
		"opensearch": "OpenSearch", "kafka": "Kafka", "mongodb": "MongoDB",
	}[r.Inputs.Text("engine")]
	if name == "" {
		name = r.Inputs.Text("engine")
	}
	return name
}

// role is what a database or a bucket is for: its logical name without the parts that all have.
func role(r Resource) string {
	return strings.TrimPrefix(strings.TrimSuffix(r.Name, "-cluster"), "storage-")
}

func database(r Resource) *Box {
	return &Box{
		Title: engine(r) + " " + r.Inputs.Text("version"), Look: data,
		Lines: []string{
			role(r) + ": " + r.Inputs.Text("name"),
			times(r.Inputs.Text("nodeCount"), r.Inputs.Text("size")),
		},
	}
}

// bucket draws a bucket, with the CDN before it.
func (l *layout) bucket(r Resource) *Box {
	box := &Box{Title: "Bucket " + role(r), Lines: []string{r.Inputs.Text("name")}, Look: data}
	if cdn, ok := l.cdn(r); ok {
		box.Lines = append(box.Lines, "CDN "+cdn.Inputs.Text("customDomain"))
	}
	return box
}

// cdn is the one before a bucket, if there is one.
func (p Program) cdn(bucket Resource) (Resource, bool) {
	for _, r := range p.Of(cdnType) {
		if strings.HasPrefix(r.Inputs.Text("origin"), bucket.Inputs.Text("name")+".") {
			return r, true
		}
	}
	return Resource{}, false
}

// periodic draws what runs at times: the CronJobs and Jobs of a room on a pool are one box.
func (l *layout) periodic() {
	type at struct{ kind, parent, pool string }
	names := map[at][]string{}
	for _, kind := range []string{cronType, jobType} {
		for _, r := range l.Of(kind) {
			if l.strange(r.Parent) {
				continue
			}
			template := []string{"spec", "jobTemplate", "spec", "template", "spec"}
			if kind == jobType {
				template = []string{"spec", "template", "spec"}
			}
			_, room, _ := strings.Cut(r.Parent, " ")
			key := at{kind, r.Parent, poolOf(r.Inputs, template...)}
			names[key] = append(names[key], strings.TrimPrefix(r.Name, room+"-"))
		}
	}
	keys := slices.SortedFunc(maps.Keys(names), func(a, b at) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.parent, b.parent), cmp.Compare(a.pool, b.pool))
	})
	for _, key := range keys {
		list := names[key]
		_, room, _ := strings.Cut(key.parent, " ")
		what := "CronJobs of " + room
		if key.kind == jobType {
			what = "Jobs of " + room
		}
		box := &Box{Title: what, Look: work, Lines: []string{strings.Join(list, ", ")}}
		if len(list) > 3 {
			box.Lines = []string{strconv.Itoa(len(list)) + " of them"}
		}
		l.onPool(Resource{Parent: key.parent}, key.pool, box)
	}
}

// names draws the DNS: the records of a zone are one box.
func (l *layout) names() {
	zones := map[string]map[string]int{}
	for _, r := range l.Of(recordType) {
		if l.strange(r.Parent) {
			continue
		}
		zone := r.Inputs.Text("domain")
		if zones[zone] == nil {
			zones[zone] = map[string]int{}
		}
		zones[zone][r.Inputs.Text("type")]++
		l.mark(r, l.account)
	}
	for _, r := range l.Of(domainType) {
		l.mark(r, l.account)
	}
	// One that others manage is there, too, as what its records are in.
	for _, r := range l.Of(zoneType) {
		if len(zones) > 0 {
			l.mark(Resource{Parent: r.ID()}, l.account)
		}
	}
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		count := 0
		for _, n := range zones[zone] {
			count += n
		}
		l.account.Boxes = append(l.account.Boxes, &Box{Title: "DNS zone " + zone, Look: edge, Lines: []string{
			strconv.Itoa(count) + " records: " + strings.Join(slices.Sorted(maps.Keys(zones[zone])), ", "),
		}})
	}
}

// watch draws what DigitalOcean looks after.
func (l *layout) watch() {
	checks, alerts := l.Of(checkType), append(l.Of(uptimeType), l.Of(alertType)...)
	for _, r := range append(checks, alerts...) {
		l.mark(r, l.account)
	}
	if len(checks)+len(alerts) == 0 {
		return
	}
	l.account.Boxes = append(l.account.Boxes, &Box{Title: "Monitoring", Look: thing, Lines: []string{
		strconv.Itoa(len(checks)) + " uptime checks, " + strconv.Itoa(len(alerts)) + " alerts",
	}})
}

// sites draws the sites at Netlify.
func (l *layout) sites() {
	for _, r := range l.Of(siteType) {
		box := &Box{Title: "Documentation site", Look: edge, Lines: []string{
			"built from " + r.Inputs.Text("baseDirectory") + "/ of " +
				strings.Join(append([]string{r.Inputs.Text("productionBranch")},
					r.Inputs.Texts("branchDeployBranches")...), ", "),
		}}
		for _, host := range l.Of(hostType) {
			if host.Parent == r.Parent {
				box.Lines = append([]string{host.Inputs.Text("customDomain")}, box.Lines...)
			}
		}
		l.put(r, l.host(r.Provider()), box)
	}
}

// room draws a component of which nothing is drawn yet: a box with its name and what it is made of. One that the tool
// does not know is drawn plain.
func (l *layout) room(r Resource) {
	at := l.group(r)
	kinds := map[string]int{}
	for _, child := range l.Children(r.ID()) {
		if !child.Component() {
			kinds[child.Kind()]++
		}
	}
	box := &Box{Title: known()[r.Type], Look: thing}
	if box.Title == "" {
		box.Title, box.Look = r.Name, plain
	}
	var made []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		made = append(made, strconv.Itoa(kinds[kind])+"\u00a0"+kind)
	}
	if len(made) > 0 {
		box.Lines = []string{strings.Join(made, ", ")}
	}
	at.Boxes = append(at.Boxes, box)
	l.drawn[r.ID()] = at
}

// group is the place of a component: that of its parent, or the innermost one that its resources tell of.
func (l *layout) group(r Resource) *Box {
	for _, parent := range l.Resources {
		if parent.ID() != r.Parent {
			continue
		}
		if l.drawn[r.Parent] == nil {
			l.room(parent)
		}
		return l.drawn[r.Parent]
	}
	at := l.account
	for _, child := range l.Children(r.ID()) {
		if around := l.around(child); around != l.account {
			at = around
		}
	}
	return at
}

// boxes are the places with something in them: what is in no region, the regions from the fullest, and what is at other
// providers.
func (l *layout) boxes() []*Box {
	inside := func(in *Box, boxes ...*Box) {
		for _, box := range boxes {
			if in != nil && len(box.Boxes) > 0 {
				in.Boxes = append(in.Boxes, box)
			}
		}
	}
	inside(l.cluster, l.anyPool)
	// What the internet reaches comes first.
	slices.SortStableFunc(l.cluster.Boxes, func(a, b *Box) int { return b.edges() - a.edges() })
	inside(l.vpc, l.cluster, l.managed)
	all := &Box{}
	inside(all, l.account)
	regions := slices.Sorted(maps.Keys(l.regions))
	slices.SortStableFunc(regions, func(a, b string) int { return l.regions[b].count() - l.regions[a].count() })
	for _, slug := range regions {
		inside(all, l.regions[slug])
	}
	for _, name := range slices.Sorted(maps.Keys(l.hosts)) {
		inside(all, l.hosts[name])
	}
	for _, box := range all.Boxes {
		box.even()
	}
	return all.Boxes
}

// edges is whether something is in a box that the internet reaches.
func (b *Box) edges() int {
	if slices.ContainsFunc(b.Boxes, func(in *Box) bool { return in.Look == edge }) {
		return 1
	}
	return 0
}

// count is how many boxes are in one.
func (b *Box) count() int {
	count := len(b.Boxes)
	for _, box := range b.Boxes {
		count += box.count()
	}
	return count
}

// even puts no more columns into a box than there are things; places are below each other.
func (b *Box) even() {
	b.Columns = min(max(1, b.Columns), len(b.Boxes))
	for _, box := range b.Boxes {
		if len(box.Boxes) > 0 {
			b.Columns = 1
			box.even()
		}
	}
}
