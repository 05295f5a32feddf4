import type { Makers } from './makers.ts'

/** Runs of expiry policies. The gauges tell of the last run of a policy in all projects of its registry. */
export const expiryMetrics = ({ counter, shared }: Makers) => {
  const run = <L extends string = never>(name: string, help: string, more: readonly L[] = []) =>
    shared(`expiry_${name}`, ['policy', 'registry', ...more], help)
  return {
    expired: counter(
      'expiry_images_total',
      ['policy', 'outcome'],
      'Images and single tags that a real run was to delete, by outcome: deleted, untagged (a tag alone), absent, moved (kept after all), refused or failed.',
    ),
    freedBytes: counter(
      'expiry_freed_bytes_total',
      ['policy'],
      'Bytes of deleted images that the registry frees with its next garbage collection.',
    ),
    runState: run(
      'run_state',
      '1 for the state of the last run, 0 for the others: waiting, running, done, stopped or failed.',
      ['state'],
    ),
    runStart: run('run_start_timestamp_seconds', 'When the last run began.'),
    runChange: run('run_change_timestamp_seconds', 'When the state of the last run was written last.'),
    lastSuccess: run(
      'last_success_timestamp_seconds',
      'When a run came to its end last. Absent if none did.',
    ),
    plannedBytes: run(
      'run_planned_bytes',
      'Bytes that the registry frees once all is deleted that the last run planned to delete.',
    ),
    heldProjects: run(
      'run_held_projects',
      'Projects in which the last run deleted nothing, since its plan was too large a share of them.',
    ),
    nextRun: run(
      'next_run_timestamp_seconds',
      'When the policy is due next. In the past: no worker has taken it.',
    ),
  }
}
