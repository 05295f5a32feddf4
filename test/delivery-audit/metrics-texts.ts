/** `/debug/vars` of docker-registry 2.8.2 with two endpoints, as it was read, but for most of its memstats. */
export const DEBUG_VARS = {
  cmdline: ['docker-registry', 'serve', 'config.yml'],
  memstats: {
    ...{ Alloc: 2_931_216, TotalAlloc: 6_285_776, Mallocs: 45_209, LastGC: 1_795_803_730_994_035_200 },
    PauseEnd: [1_795_803_729_393_831_000, 1_795_803_730_994_035_200, ...Array(254).fill(0)],
    NumGC: 2,
  },
  registry: {
    cache: { storage: { blobdescriptor: {} } },
    notifications: {
      endpoints: [
        {
          ...{ name: 'tallyman', url: 'http://127.0.0.1:1/v1/events' },
          Headers: { Authorization: ['Bearer secretsecretsecret'] },
          ...{ Timeout: 1_000_000_000, Threshold: 5, Backoff: 200_000_000, IgnoredMediaTypes: null },
          Ignore: { MediaTypes: null, Actions: null },
          Metrics: {
            Pending: 2,
            Events: 12,
            Successes: 10,
            Failures: 1,
            Errors: 10,
            Statuses: { '202 Accepted': 10 },
          },
        },
        {
          ...{ name: 'other', url: 'http://127.0.0.1:2/x', Headers: null },
          Metrics: { Pending: 12, Events: 12, Successes: 0, Failures: 0, Errors: 6, Statuses: {} },
        },
      ],
    },
  },
}

/** Prometheus' metrics of distribution 3, in its documented form. */
export const DISTRIBUTION_3 = `# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.79580372926e+09
# HELP registry_notifications_events_total The number of total events
# TYPE registry_notifications_events_total counter
registry_notifications_events_total{endpoint="other",type="Events"} 12
registry_notifications_events_total{endpoint="tallyman",type="Errors"} 4
registry_notifications_events_total{endpoint="tallyman",type="Events"} 12
registry_notifications_events_total{endpoint="tallyman",type="Failures"} 1
registry_notifications_events_total{endpoint="tallyman",type="Successes"} 9
# HELP registry_notifications_pending_total The gauge of pending events in queue
# TYPE registry_notifications_pending_total gauge
registry_notifications_pending_total{endpoint="other"} 12
registry_notifications_pending_total{endpoint="tallyman"} 3
# HELP registry_notifications_status_total The number of status code
# TYPE registry_notifications_status_total counter
registry_notifications_status_total{code="202 Accepted",endpoint="tallyman"} 9
registry_storage_cache_total{type="Hit"} 3
`

/** Prometheus' metrics of GitLab's registry, in the form that its documentation has now. */
export const GITLAB_NOW = `process_start_time_seconds 1.79580372926e+09
registry_notifications_delivery_total{delivery_type="delivered",endpoint="tallyman"} 20
registry_notifications_delivery_total{delivery_type="lost",endpoint="tallyman"} 2
registry_notifications_errors_total{endpoint="tallyman"} 6
registry_notifications_events_total{action="pull",artifact="blob",endpoint="tallyman",type="Events"} 10
registry_notifications_events_total{action="pull",artifact="blob",endpoint="tallyman",type="Successes"} 9
registry_notifications_events_total{action="push",artifact="manifest",endpoint="tallyman",type="Events"} 16
registry_notifications_events_total{action="push",artifact="manifest",endpoint="tallyman",type="Successes"} 11
registry_notifications_events_total{action="push",artifact="manifest",endpoint="tallyman",type="Dropped"} 3
registry_notifications_pending{endpoint="tallyman"} 4
registry_notifications_http_latency_seconds_bucket{endpoint="tallyman",le="+Inf"} 26
registry_notifications_status_total{code="200 OK",endpoint="tallyman"} 20
`

/** The same of its versions between, whose gauge has no label. */
export const GITLAB_BETWEEN = `process_start_time_seconds 1.79580372926e+09
registry_notifications_events{action="push",artifact="tag",endpoint="tallyman",type="Events"} 8
registry_notifications_events{action="push",artifact="tag",endpoint="tallyman",type="Successes"} 5
registry_notifications_pending 2
`

/** The same of its old versions, which do not tell endpoints apart. */
export const GITLAB_OLD = `process_start_time_seconds 1.79580372926e+09
registry_notifications_errors_total 0
registry_notifications_events_total{action="push",artifact="tag",type="Events"} 8
registry_notifications_events_total{action="push",artifact="tag",type="Successes"} 5
registry_notifications_pending_total 3
registry_notifications_status_total{code="200 OK"} 5
`

/** A process that has counted nothing yet; of docker-registry 2.8.2, which never has more. */
export const NOTHING_YET = `# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.79580372926e+09
registry_http_requests_total{code="200",handler="base",method="get"} 2
`
