import type { ExpiryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import { splitProjectId } from '../usage/project.ts'
import { type Amount, amountText } from './amount.ts'

/** Images that a message names. */
const NAMED = 5

/** The run that announces, or has deleted. `at` is RFC 3339. */
export interface NoticeRun {
  id: string
  at: string
  policy: string
}

/** What a message is about. */
export interface Lot extends Amount {
  /** What people call it, without what goes with another image. */
  labels: readonly string[]
  bytes: number
}

/** The alert about images of a project that will expire. `until` is RFC 3339. An attempt of the run that announces the same gives the same alert. */
export function noticeAlert(run: NoticeRun, project: string, lot: Lot, until: string): ExpiryAlert {
  const { registry } = splitProjectId(project)
  const example = `${registry}/${lot.labels[0]}`
  return {
    ...alertOf('expiry.notice', run, project, lot),
    until,
    text:
      `${project}: ${amountText(lot)} will expire, at ${until} at the earliest, by the policy "${run.policy}": ` +
      `${namesOf(lot)}. A pull or a push rescues an image until then, and so does: tallyman expiry keep ${example} ` +
      `--for 30d. The whole plan: tallyman expiry plan ${run.policy}`,
  }
}

/** The alert about images of a project that have expired. `undo` is a sentence. */
export const doneAlert = (run: NoticeRun, project: string, lot: Lot, undo: string): ExpiryAlert => ({
  ...alertOf('expiry.done', run, project, lot),
  text: `${project}: ${amountText(lot)} expired, by the policy "${run.policy}": ${namesOf(lot)}. ${undo}`,
})

function alertOf(event: ExpiryAlert['event'], { id, at, policy }: NoticeRun, project: string, lot: Lot) {
  const { registry, path } = splitProjectId(project)
  return {
    ...{ id: jobId(event, id, project, lot.labels[0] ?? ''), at, registry, project: path, event, policy },
    ...{ images: lot.images, tags: lot.tags, bytes: lot.bytes, examples: lot.labels.slice(0, NAMED) },
  }
}

function namesOf({ labels }: Lot): string {
  const more = labels.length - NAMED
  return `${labels.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
