package digitalocean

import (
	"maps"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// engineConfig is the configuration of one engine. All settings are the cloud's choice unless the program sets them,
// and destroying a configuration leaves them as they are. Ranges of numbers are not checked.
type engineConfig struct {
	engine string
	suffix string
	fields sim.Fields
}

func databaseConfigs() map[string]sim.Resource {
	resources := map[string]sim.Resource{}
	for token, config := range map[string]engineConfig{
		"digitalocean:index/databaseValkeyConfig:DatabaseValkeyConfig": {
			"valkey", "/valkey-config", valkeySettings(),
		},
		"digitalocean:index/databasePostgresqlConfig:DatabasePostgresqlConfig": {
			"pg", "/postgresql-config", postgresSettings(),
		},
		"digitalocean:index/databaseOpensearchConfig:DatabaseOpensearchConfig": {
			"opensearch", "/opensearch-config", opensearchSettings(),
		},
	} {
		resources[token] = sim.Resource{
			Inputs: config.fields.With(sim.Fields{"clusterId": sim.String().Required().Replaces()}),
			Create: config.create,
		}
	}
	return resources
}

func (c engineConfig) create(call sim.Call, state sim.State) (string, error) {
	id := state.String("clusterId")

	cluster, err := find(call, typeDatabase, "database cluster", id)
	if err != nil {
		return "", err
	}

	if engine := cluster.String("engine"); engine != c.engine {
		return "", refuse(422, "database cluster %q has engine %s; this configuration is for engine %s",
			cluster.String("name"), engine, c.engine)
	}
	return id + c.suffix, nil
}

// settings makes a property of the kind for each of the names.
func settings(kind sim.Property, names string) sim.Fields {
	fields := sim.Fields{}
	for _, name := range strings.Fields(names) {
		fields[name] = kind.Computed()
	}
	return fields
}

func join(parts ...sim.Fields) sim.Fields {
	all := sim.Fields{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

func valkeySettings() sim.Fields {
	return join(
		settings(sim.Bool(), "frequentSnapshots ssl"),
		settings(sim.Int(), `ioThreads lfuDecayTime lfuLogFactor numberOfDatabases pubsubClientOutputBufferLimit timeout
			valkeyActiveExpireEffort`),
		settings(sim.String(), "notifyKeyspaceEvents"),
		sim.Fields{
			"aclChannelsDefault": sim.String().Computed().OneOf("allchannels", "resetchannels"),
			"persistence":        sim.String().Computed().OneOf("off", "rdb"),
		},
	)
}

func postgresSettings() sim.Fields {
	return join(
		settings(sim.Bool(), "jit"),
		settings(sim.Number(), `autovacuumAnalyzeScaleFactor autovacuumVacuumScaleFactor bgwriterLruMultiplier
			sharedBuffersPercentage`),
		settings(sim.Int(), `autovacuumAnalyzeThreshold autovacuumFreezeMaxAge autovacuumMaxWorkers autovacuumNaptime
			autovacuumVacuumCostDelay autovacuumVacuumCostLimit autovacuumVacuumThreshold backupHour backupMinute
			bgwriterDelay bgwriterFlushAfter bgwriterLruMaxpages deadlockTimeout idleInTransactionSessionTimeout
			logAutovacuumMinDuration logMinDurationStatement maxFilesPerProcess maxLocksPerTransaction
			maxLogicalReplicationWorkers maxParallelWorkers maxParallelWorkersPerGather maxPredLocksPerTransaction
			maxPreparedTransactions maxReplicationSlots maxStackDepth maxStandbyArchiveDelay maxStandbyStreamingDelay
			maxWalSenders maxWorkerProcesses pgPartmanBgwInterval tempFileLimit trackActivityQuerySize walSenderTimeout
			walWriterDelay workMem`),
		settings(sim.String(), "logLinePrefix pgPartmanBgwRole timezone"),
		sim.Fields{
			"defaultToastCompression": sim.String().Computed().OneOf("lz4", "pglz"),
			"logErrorVerbosity":       sim.String().Computed().OneOf("TERSE", "DEFAULT", "VERBOSE"),
			"pgStatStatementsTrack":   sim.String().Computed().OneOf("all", "top", "none"),
			"trackCommitTimestamp":    sim.String().Computed().OneOf("off", "on"),
			"trackFunctions":          sim.String().Computed().OneOf("all", "pl", "none"),
			"trackIoTiming":           sim.String().Computed().OneOf("off", "on"),
			"pgbouncers": sim.List(sim.Object(join(
				settings(sim.Bool(), "serverResetQueryAlways"),
				settings(sim.Int(),
					`autodbIdleTimeout autodbMaxDbConnections autodbPoolSize minPoolSize serverIdleTimeout
					serverLifetime`),
				settings(sim.List(sim.String()), "ignoreStartupParameters"),
				sim.Fields{"autodbPoolMode": sim.String().Computed().OneOf("session", "transaction", "statement")},
			))).Computed(),
			"timescaledbs": sim.List(sim.Object(settings(sim.Int(), "maxBackgroundWorkers"))).Computed(),
		},
	)
}

func opensearchSettings() sim.Fields {
	return join(
		settings(sim.Bool(), `actionAutoCreateIndexEnabled actionDestructiveRequiresName enableSecurityAudit ismEnabled
			ismHistoryEnabled overrideMainResponseVersion pluginsAlertingFilterByBackendRolesEnabled`),
		settings(sim.Int(), `clusterMaxShardsPerNode clusterRoutingAllocationNodeConcurrentRecoveries
			httpMaxContentLengthBytes httpMaxHeaderSizeBytes httpMaxInitialLineLengthBytes
			indicesFielddataCacheSizePercentage indicesMemoryIndexBufferSizePercentage indicesMemoryMaxIndexBufferSizeMb
			indicesMemoryMinIndexBufferSizeMb indicesQueriesCacheSizePercentage indicesQueryBoolMaxClauseCount
			indicesRecoveryMaxConcurrentFileChunks indicesRecoveryMaxMbPerSec ismHistoryMaxAgeHours ismHistoryMaxDocs
			ismHistoryRolloverCheckPeriodHours ismHistoryRolloverRetentionPeriodDays searchMaxBuckets
			threadPoolAnalyzeQueueSize threadPoolAnalyzeSize threadPoolForceMergeSize threadPoolGetQueueSize
			threadPoolGetSize threadPoolSearchQueueSize threadPoolSearchSize threadPoolSearchThrottledQueueSize
			threadPoolSearchThrottledSize threadPoolWriteQueueSize threadPoolWriteSize`),
		settings(sim.String(), "scriptMaxCompilationsRate"),
		settings(sim.List(sim.String()), "reindexRemoteWhitelists"),
	)
}
