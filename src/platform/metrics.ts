import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof makeMetrics>

/** The Prometheus metrics of `/metrics`. Names end in their unit. */
export function makeMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const ofProject = { registers, labelNames: ['registry', 'project'] as const }
  const ofRegistry = { registers, labelNames: ['registry'] as const }
  return {
    registry,
    eventsAccepted: new Counter({
      ...{ registers, name: 'tallyman_events_accepted_total', labelNames: ['registry'] as const },
      help: 'Events acknowledged to a registry.',
    }),
    eventsIndexed: new Counter({
      ...{ registers, name: 'tallyman_events_indexed_total', labelNames: ['registry', 'outcome'] as const },
      help: 'Events processed, by outcome: applied, ignored or quarantined.',
    }),
    deliveriesRefused: new Counter({
      ...{
        registers,
        name: 'tallyman_deliveries_refused_total',
        labelNames: ['registry', 'reason'] as const,
      },
      help: 'Deliveries answered with an error, by reason. The registry sends them again, and nothing else before. Without a registry: its token is not known.',
    }),
    backlogBytes: new Gauge({
      ...{ registers, name: 'tallyman_backlog_bytes' },
      help: 'Memory in Redis of the jobs of all queues that are not done, estimated.',
    }),
    enqueueSeconds: new Histogram({
      ...{
        registers,
        name: 'tallyman_intake_enqueue_seconds',
        buckets: [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
      },
      help: 'Time from the start of a write of events to its confirmation by Redis.',
    }),
    alertsSent: new Counter({
      ...{ registers, name: 'tallyman_alerts_sent_total', labelNames: ['channel'] as const },
      help: 'Alerts that a channel accepted.',
    }),
    promotedBytes: new Counter({
      ...{ registers, name: 'tallyman_promoted_bytes_total', labelNames: ['rule'] as const },
      help: 'Bytes of blobs sent to target registries.',
    }),
    expired: new Counter({
      ...{ registers, name: 'tallyman_expired_manifests_total', labelNames: ['policy'] as const },
      help: 'Manifests deleted by a policy.',
    }),
    jobs: new Gauge({
      ...{ registers, name: 'tallyman_jobs', labelNames: ['queue', 'state'] as const },
      help: 'Jobs in a queue, by state.',
    }),
    projectUniqueBytes: new Gauge({
      ...{ ...ofProject, name: 'tallyman_project_unique_bytes' },
      help: 'Bytes that count against the quota, by project: each blob once. One of the largest projects, or (others).',
    }),
    projectExclusiveBytes: new Gauge({
      ...{ ...ofProject, name: 'tallyman_project_exclusive_bytes' },
      help: 'Bytes that no other project of the registry holds.',
    }),
    projectReferencedBytes: new Gauge({
      ...{ ...ofProject, name: 'tallyman_project_referenced_bytes' },
      help: 'Bytes as images reference them: a blob once for each image.',
    }),
    projectUnreferencedBytes: new Gauge({
      ...{ ...ofProject, name: 'tallyman_project_unreferenced_bytes' },
      help: 'Bytes of blobs that no image references.',
    }),
    projectLimitBytes: new Gauge({
      ...{ ...ofProject, name: 'tallyman_project_limit_bytes' },
      help: 'The limit of the quota of a project. Absent if it has none.',
    }),
    projectFlag: new Gauge({
      ...{
        registers,
        name: 'tallyman_project_flag',
        labelNames: ['registry', 'project', 'flag'] as const,
      },
      help: '1 for the flag that a project has, 0 for the others.',
    }),
    projects: new Gauge({
      ...{ registers, name: 'tallyman_projects', labelNames: ['registry', 'flag'] as const },
      help: 'All projects of a registry, by flag.',
    }),
    registryUniqueBytes: new Gauge({
      ...{ ...ofRegistry, name: 'tallyman_registry_unique_bytes' },
      help: 'Bytes that the projects of a registry hold, each blob once.',
    }),
    registryExact: new Gauge({
      ...{ ...ofRegistry, name: 'tallyman_registry_exact' },
      help: '1 if the index is exact since the last reconcile, 0 if events may be missing.',
    }),
    registryPullsHeard: new Gauge({
      ...{ ...ofRegistry, name: 'tallyman_registry_pulls_heard' },
      help: '1 if the registry sends events of pulls, 0 if it does not or if that is not known.',
    }),
    lastReconcile: new Gauge({
      ...{ ...ofRegistry, name: 'tallyman_registry_last_reconcile_timestamp_seconds' },
      help: 'When the last reconcile of a registry ended. Absent if there was none.',
    }),
    quarantined: new Gauge({
      ...{ registers, name: 'tallyman_quarantined_events' },
      help: 'Events in quarantine.',
    }),
    quarantineDropped: new Counter({
      ...{ registers, name: 'tallyman_quarantine_dropped_total' },
      help: 'Events dropped from quarantine to make room. Read from Redis: every process reports the same number.',
    }),
  }
}
