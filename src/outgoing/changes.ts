import type { Deleted, ExpiryRun } from '../expiry/decision.ts'
import type { PromotionReceipt } from '../promotion/receipt.ts'
import { type Alert, quotaSubjectOf } from '../queue/alert.ts'
import type { Change } from '../queue/change.ts'
import { jobId } from '../queue/job-id.ts'
import type { ReconcileReport } from '../reconcile/report.ts'

/** The change that an alert tells of. */
export function changeOfAlert(alert: Alert): Change {
  const { id, at } = alert
  if ('to' in alert || 'state' in alert) {
    const { kind, id: subject } = quotaSubjectOf(alert)
    const type = 'to' in alert ? `${kind}.flag.changed` : alert.event
    // A group goes to those who are told of its largest project.
    const scope = 'group' in alert ? (alert.projects[0] ?? '') : subject
    return { id: jobId(type, id), at, type, subject, scope, data: alert }
  }
  const scope = 'project' in alert ? `${alert.registry}/${alert.project}` : alert.registry
  return { id: jobId(alert.event, id), at, type: alert.event, subject: scope, scope, data: alert }
}

/** An image was copied, or its tag put back. `project` is that of the source, `registry/path`. */
export function promotedChange(receipt: PromotionReceipt, project: string): Change {
  const type = receipt.kind === 'rollback' ? 'image.rolledBack' : 'image.promoted'
  const { id, kind, rolledBack, at, askedAt, rule, by, from, to, digest, replaced } = receipt
  return {
    ...{ id: jobId(type, id), at, type, scope: project },
    subject: `${to.registry}/${to.repository}:${to.tag}`,
    data: { promotion: id, kind, rolledBack, at, askedAt, rule, by, from, to, digest, replaced },
  }
}

/** What expiry did to an image; `undefined` if it deleted neither the image nor a tag of it. `at` is RFC 3339. */
export function expiredChange(run: ExpiryRun, deleted: Deleted, at: string): Change | undefined {
  const { project, repository, digest, tags, untag, rule, reason, outcome, bytes } = deleted
  if (outcome !== 'deleted' && outcome !== 'untagged') return undefined
  const type = outcome === 'deleted' ? 'image.expired' : 'tag.expired'
  const { policy, registry } = run
  return {
    ...{ id: jobId(type, run.id, repository, digest, ...(untag ?? [])), at, type, scope: project },
    subject: `${registry}/${repository}@${digest}`,
    data: { run: run.id, policy, registry, project, repository, digest, tags, untag, rule, reason, bytes },
  }
}

/** The index and a registry differed; `undefined` if they did not, or if nothing was mended. `run` is the id of the reconcile. */
export function driftedChange(report: ReconcileReport, run: string): Change | undefined {
  if (report.dryRun || Object.values(report.drift).every((count) => count === 0)) return undefined
  const { registry, method, reason, readAt, finishedAt, repositories, drift, hold } = report
  const type = 'registry.drifted'
  return {
    ...{ id: jobId(type, registry, run), at: finishedAt, type, subject: registry, scope: registry },
    data: { registry, method, reason, readAt, finishedAt, repositories, drift, hold },
  }
}
