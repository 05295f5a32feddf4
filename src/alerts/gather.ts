import { type Alert, type BoxKind, topicOf } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Jobs } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { Boxes, BoxName, Limits, Plan } from './boxes.ts'
import type { Deliveries } from './deliveries.ts'
import { digestOf } from './digest.ts'
import type { Lines } from './lines.ts'
import type { Message } from './message.ts'
import { messageOf, messageOfSummary } from './message-of.ts'
import type { NewestAlerts } from './newest-alerts.ts'
import { NotYet } from './not-yet.ts'
import type { Route } from './routes.ts'
import { byTime, settle } from './settle.ts'
import type { Snoozes } from './snoozes.ts'

/** A person reads ten messages, not eighty. */
const [MOST, SINGLE] = [10, 5]

/** How long a box with many alerts is open at most, in ms: five minutes, or an hour while a registry is read for the first time. */
const LONGEST_MS = { usual: 300_000, filling: 3_600_000 }

const MINUTE_MS = 60_000

const ALL = Number.MAX_SAFE_INTEGER
const NO_LIMITS: Limits = { most: ALL, single: ALL, pauseMs: 0, longestMs: 0 }

export type Gather = ReturnType<typeof makeGather>

/**
 * Lets alerts about one topic wait for each other, in a box for each channel. A job closes the box, keeps a plan of what becomes of
 * its content, and does it: some alerts are told, and some go into other boxes, where they wait for the end of quiet hours or
 * of a snooze. The ids of jobs depend on nothing but the box and the alerts. So a change is told once, however often the jobs
 * run, and wherever they are killed.
 */
export function makeGather(deps: {
  boxes: Boxes
  queues: Pick<Queues, 'alerts'>
  lines: Pick<Lines, 'join'>
  newestAlerts: NewestAlerts
  snoozes: Pick<Snoozes, 'list'>
  deliveries: Pick<Deliveries, 'record'>
  /** How long an alert waits for others, in ms. */
  gatherMs: () => number
  /** Whether a registry is being read for the first time: many projects get their first usage. */
  isFilling: () => Promise<boolean>
  /** epoch ms */
  now?: () => number
}) {
  const { boxes, queues, lines, newestAlerts, now = Date.now } = deps

  const toNextMinute = () => MINUTE_MS - (now() % MINUTE_MS)
  /** When a box is looked at, epoch ms. One that waits for the end of something is looked at each minute. */
  const endOf = (kind: BoxKind): number =>
    now() + (kind === 'quiet' || kind.startsWith('snooze ') ? toNextMinute() : deps.gatherMs())

  return {
    async join(channel: string, alert: Alert): Promise<void> {
      const kind = topicOf(alert)
      await put({ channel, kind }, alert, endOf(kind), '')
    },

    /** Queues the messages of a box. @throws NotYet if it stays open */
    async empty(route: Route, { kind, id }: Gathered): Promise<void> {
      const { channel } = route
      const name = { channel: channel.name, kind }
      const snoozed = new Set((await deps.snoozes.list()).map(({ project }) => boxOfSnooze(project)))
      if (snoozed.has(kind) || (kind === 'quiet' && route.isQuiet(now()))) throw new NotYet(toNextMinute())
      const limits = channel.tellsEach ? NO_LIMITS : await limitsOf(kind)
      const openForMs = await boxes.close(name, id, limits)
      if (openForMs !== undefined) throw new NotYet(openForMs)
      const alerts = await boxes.content(name, id)
      const planned = await planOf(alerts, route, kind, snoozed)
      const messages = planned.told.length > limits.single ? 1 : planned.told.length
      const plan = await boxes.plan(name, id, planned, messages)
      const stay = alerts.filter(({ id }) => plan.moved[id] === undefined)
      await newestAlerts.note(channel.name, stay)
      const told = stay.filter(({ id }) => plan.told.includes(id)).sort(byTime)
      if (told.length > limits.single) {
        const summary = digestOf(id, kind, told)
        const job = jobId('summary', channel.name, id)
        await queue(messageOfSummary(summary), job, { kind: 'summary', channel: channel.name, summary })
      } else
        for (const alert of told) {
          const job = jobId('deliver', alert.id, channel.name)
          await queue(messageOf(alert), job, { kind: 'deliver', channel: channel.name, alert })
        }
      for (const alert of stay) if (!told.includes(alert)) await recordOvertaken(channel.name, alert)
      for (const alert of alerts) {
        const other = plan.moved[alert.id]
        if (other !== undefined) await put({ channel: channel.name, kind: other }, alert, endOf(other), id)
      }
      await boxes.forget(name, id)
    },

    /** Closes a box of a channel that is not there any more, and gives what it holds. */
    async take(channel: string, { kind, id }: Gathered): Promise<Alert[]> {
      await boxes.close({ channel, kind }, id, NO_LIMITS)
      return boxes.content({ channel, kind }, id)
    },

    /** Closes a box that cannot be emptied: what comes later goes into another one. */
    async giveUp(channel: string, { kind, id }: Gathered): Promise<void> {
      await boxes.close({ channel, kind }, id, NO_LIMITS)
    },
  }

  /** What is done with these alerts now. */
  async function planOf(
    alerts: readonly Alert[],
    route: Route,
    kind: BoxKind,
    snoozed: ReadonlySet<BoxKind>,
  ): Promise<Plan> {
    const moved: Record<string, BoxKind> = {}
    for (const alert of alerts) {
      const ofSnooze = 'project' in alert && boxOfSnooze(`${alert.registry}/${alert.project}`)
      if (ofSnooze && snoozed.has(ofSnooze)) moved[alert.id] = ofSnooze
      else if (kind === ofSnooze) moved[alert.id] = topicOf(alert)
      else if (route.isHeld(alert, now())) moved[alert.id] = 'quiet'
    }
    const stay = alerts.filter(({ id }) => moved[id] === undefined)
    const settled = await newestAlerts.of(route.channel.name, stay)
    return { told: settle(stay, route.wants, settled).map(({ id }) => id), moved }
  }

  async function recordOvertaken(channel: string, alert: Alert): Promise<void> {
    const { id, type, subject, text } = messageOf(alert)
    const outcome = { result: 'overtaken', answer: null, attempt: 1 } as const
    await deps.deliveries.record({ channel, message: id, type, subject, text, ...outcome })
  }

  async function limitsOf(kind: BoxKind): Promise<Limits> {
    const gatherMs = deps.gatherMs()
    if (kind === 'quiet') return { ...NO_LIMITS, single: 1 }
    const limits = { most: MOST, single: SINGLE, pauseMs: gatherMs, longestMs: LONGEST_MS.usual }
    if (kind !== 'quota' || !(await deps.isFilling())) return limits
    return { ...limits, pauseMs: LONGEST_MS.filling, longestMs: LONGEST_MS.filling }
  }

  /** Puts an alert into a box, and has that emptied at its end. */
  async function put(name: BoxName, alert: Alert, end: number, from: string): Promise<void> {
    const joined = await boxes.join(name, alert, end, from)
    const data = {
      kind: 'gathered',
      channel: name.channel,
      box: { kind: name.kind, id: joined.box },
    } as const
    await queues.alerts.add('alerts', data, { jobId: joined.box, delay: Math.max(0, joined.end - now()) })
  }

  /** From here on, it stands before what happened later. */
  async function queue({ subject, at }: Message, job: string, data: Told): Promise<void> {
    await lines.join({ channel: data.channel, job, subject, at })
    await queues.alerts.add('alerts', data, { jobId: job })
  }
}

type Gathered = Extract<Jobs['alerts'], { kind: 'gathered' }>['box']
type Told = Extract<Jobs['alerts'], { kind: 'deliver' | 'summary' }>

const boxOfSnooze = (project: string): BoxKind => `snooze ${project}`
