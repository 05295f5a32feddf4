import { setTimeout as sleep } from 'node:timers/promises'
import { signatureTag } from '../lab/image.ts'
import { formatSize } from '../src/platform/units.ts'
import type { RegistryClient } from '../src/registry/client.ts'
import type { Alert, Api, Delivery, Project, Receipt } from './api.ts'
import type { Chat } from './chat.ts'
import type { Told } from './story.ts'

/** The last line that the demo prints. All of it is read from the API. */
export interface Summary {
  events: number
  projects: { id: string; uniqueBytes: number; limitBytes: number | null; flag: string }[]
  /** Projects that an alert named as not ok at any time of the story. */
  flagged: string[]
  alerts: number
  /** Promotions that were not rolled back, and what opened their gates. */
  promoted: { from: string; to: string; digest: string; gates: string[] }[]
  /** Promotions that were rolled back: the tag at the target. */
  rolledBack: string[]
  expired: { repository: string; digest: string }[]
  /** Tags that were deleted alone, as `repository:tag`. */
  untagged: string[]
  restored: { repository: string; digest: string }
}

/** What the API says at the end of the story, as tables, and which expected things did not happen. */
export async function report(options: {
  api: Api
  chat: Chat
  ciClient: RegistryClient
  productionClient: RegistryClient
  told: Told
}): Promise<{ tables: string; missing: string[]; summary: Summary }> {
  const { api, told } = options
  const [events, projects, alerts, receipts, runs, quarantined, waiting] = await Promise.all([
    api.events(),
    api.projects(),
    api.alerts(),
    api.receipts(),
    api.runs(),
    api.quarantined(),
    api.waiting(),
  ])
  const undone = new Set(receipts.map(({ rolledBack }) => rolledBack))
  const promotions = receipts.filter(({ kind, id }) => kind === 'promotion' && !undone.has(id))
  const deletes = (await Promise.all(runs.map(api.deletes))).flat()
  const summary: Summary = {
    events,
    projects: projects.map(({ id, uniqueBytes, limitBytes, flag }) => ({
      id,
      uniqueBytes,
      limitBytes,
      flag,
    })),
    flagged: [
      ...new Set(
        alerts.filter(({ to }) => to === 'warning' || to === 'over').map((a) => `${a.registry}/${a.project}`),
      ),
    ],
    alerts: alerts.length,
    promoted: promotions.map(({ from, to, digest = '', gates }) => ({
      ...{ from: name(from), to: name(to), digest, gates: gates.map(({ gate, why }) => `${gate}: ${why}`) },
    })),
    rolledBack: receipts.filter(({ kind }) => kind === 'rollback').map(({ to }) => name(to)),
    expired: deletes
      .filter(({ outcome }) => outcome === 'deleted')
      .map(({ repository, digest }) => ({ repository, digest })),
    untagged: deletes
      .filter(({ outcome }) => outcome === 'untagged')
      .flatMap(({ repository, untag = [] }) => untag.map((tag) => `${repository}:${tag}`)),
    restored: { repository: told.restored.repository, digest: told.restored.digest },
  }
  const deliveries = await delivered(api, alerts)
  /** The ids of the alerts that a channel accepted. The others were overtaken by newer ones. */
  const acceptedBy = (channel: string) =>
    deliveries
      .filter((one) => one.channel === channel && one.result === 'accepted')
      .map(({ message }) => message)
  const statesOf = (id: string) =>
    alerts.filter(({ project }) => project === id).map(({ to }) => to ?? 'forecast')
  const checks: [string, boolean][] = [
    // Images are deleted one by one, so the project may be at `warning` again before it is ok.
    [
      'shop/web got alerts for warning, over, and ok again',
      /^warning,over,(warning,)?ok$/.test(statesOf('shop/web').join()),
    ],
    [
      'data/etl got alerts for warning, a forecast, ok again, and the end of the forecast',
      statesOf('data/etl').join() === 'warning,forecast,ok,forecast',
    ],
    [
      'an override holds for data/etl',
      projects.some(({ id, limitBytes }) => id === 'ci/data/etl' && limitBytes === 6 * 1024 ** 2),
    ],
    [
      'the board shows what holds now, in messages that were edited',
      options.chat.board.some(({ edits }) => edits > 0),
    ],
    [
      'every alert was accepted by all channels, or overtaken by a newer one',
      CHANNELS.every((channel) => alerts.every(({ id }) => isDelivered(deliveries, channel, id))),
    ],
    [
      'chat printed every alert that it accepted',
      alerts
        .filter(({ id }) => acceptedBy('team-chat').includes(id))
        .every((alert) => options.chat.messages.some((m) => m.includes(plain(alert)))),
    ],
    ['the signed webhook verified what it accepted', options.chat.verified === acceptedBy('audit').length],
    [
      'ml/models, which grows fast, got a forecast, and mobile/app a warning',
      statesOf('ml/models').includes('forecast') && statesOf('mobile/app').join() === 'warning',
    ],
    [
      'v2.4.0 of payments waits for an approval',
      waiting.some(({ image, why }) => image === 'ci/payments/gateway:v2.4.0' && why?.includes('approv')),
    ],
    ['v1.0.0 was promoted once', summary.promoted.map(({ to }) => to).join() === `${RELEASED}:v1.0.0`],
    [
      'production has the promoted digest, and its signature',
      await inProduction(promotions, options.productionClient),
    ],
    [
      'the signature by the release team opened the gate',
      promotions.every(({ gates }) => gates.some(({ why }) => why === 'signed by release-team')),
    ],
    ['v1.1.0 was rolled back', summary.rolledBack.join() === `${RELEASED}:v1.1.0`],
    ['production has no v1.1.0', await isRolledBack(receipts, options.productionClient)],
    ['pull-request images expired', summary.expired.length > 0],
    [
      'expired images are gone from the registry, but for the restored one',
      await areGone(summary, options.ciClient),
    ],
    ['the tag pr-1 went alone', summary.untagged.join() === 'shop/web:pr-1'],
    ['pr-2 was restored from the trash', await isRestored(summary, options.ciClient)],
    [
      'the garbage of ci was collected, and the registry takes writes again',
      told.collected.outcome === 'done' &&
        (told.collected.freed?.bytes ?? 0) > 0 &&
        told.collected.pauseMs !== null,
    ],
    ['the index agrees with the registry on every tag', await tagsAgree(projects, options.ciClient)],
    ['no event was put in quarantine', quarantined === 0],
  ]
  return {
    tables: tablesOf(projects, alerts, summary),
    missing: checks.filter(([, ok]) => !ok).map(([c]) => c),
    summary,
  }
}

const CHANNELS = ['team-chat', 'audit', 'board']

/** How long to wait until all alerts are sent: a chat takes one a second. */
const SENT_MS = 30_000

const isDelivered = (deliveries: readonly Delivery[], channel: string, id: string): boolean =>
  deliveries.some(
    (one) => one.channel === channel && one.message === id && ['accepted', 'overtaken'].includes(one.result),
  )

/** The deliveries, once all channels have all alerts, or after a while. */
async function delivered(api: Api, alerts: readonly Alert[]): Promise<Delivery[]> {
  for (const since = Date.now(); ; await sleep(200)) {
    const found = await api.deliveries()
    const areThere = CHANNELS.every((channel) => alerts.every(({ id }) => isDelivered(found, channel, id)))
    if (areThere || Date.now() - since > SENT_MS) return found
  }
}

const RELEASED = 'production/released/shop/api'

const name = (image: Receipt['from']): string => `${image.registry}/${image.repository}:${image.tag}`
/** An alert's text up to the first character that is escaped for Slack. */
const plain = (alert: Alert): string => alert.text.split(/[&<>]/)[0] ?? alert.text

async function inProduction(promotions: Receipt[], client: RegistryClient): Promise<boolean> {
  const found = await Promise.all(
    promotions.map(async ({ to, digest = '' }) => {
      const image = await client.headManifest(to.repository, to.tag)
      return image?.digest === digest && (await client.headManifest(to.repository, signatureTag(digest)))
    }),
  )
  return found.every(Boolean)
}

async function isRolledBack(receipts: Receipt[], client: RegistryClient): Promise<boolean> {
  const undone = receipts.filter(({ kind }) => kind === 'rollback')
  const found = await Promise.all(undone.map(({ to }) => client.headManifest(to.repository, to.tag)))
  return found.length > 0 && found.every((descriptor) => descriptor === undefined)
}

async function areGone({ expired, restored }: Summary, client: RegistryClient): Promise<boolean> {
  const gone = expired.filter(({ digest }) => digest !== restored.digest)
  const found = await Promise.all(
    gone.map(({ repository, digest }) => client.headManifest(repository, digest)),
  )
  return gone.length < expired.length && found.every((descriptor) => descriptor === undefined)
}

const isRestored = async ({ restored }: Summary, client: RegistryClient): Promise<boolean> =>
  (await client.headManifest(restored.repository, 'pr-2'))?.digest === restored.digest

async function tagsAgree(projects: Project[], client: RegistryClient): Promise<boolean> {
  let tags = 0
  for await (const repository of client.catalog())
    tags += (await Array.fromAsync(client.tags(repository))).length
  return tags === projects.reduce((sum, project) => sum + project.tags, 0)
}

function tablesOf(projects: Project[], alerts: Alert[], summary: Summary): string {
  return [
    table(
      ['project', 'usage', 'quota', 'flag', 'manifests', 'tags'],
      projects.map((p) => [
        ...[p.id, formatSize(p.uniqueBytes), p.limitBytes === null ? '–' : formatSize(p.limitBytes)],
        ...[p.flag, String(p.manifests), String(p.tags)],
      ]),
    ),
    table(
      ['alert'],
      alerts.map((alert) => [alert.text]),
    ),
    table(
      ['promoted', 'to', 'digest', 'gate'],
      summary.promoted.map((p) => [p.from, p.to, p.digest.slice(0, 19), p.gates.join('; ')]),
    ),
    table(
      ['rolled back'],
      summary.rolledBack.map((tag) => [tag]),
    ),
    table(
      ['expired', 'digest'],
      summary.expired.map((e) => [e.repository, e.digest.slice(0, 19)]),
    ),
    table(['restored', 'digest'], [[summary.restored.repository, summary.restored.digest.slice(0, 19)]]),
  ].join('\n\n')
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (row: string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n')
}
