import { type Alert, type BoxKind, topicOf } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Jobs } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { Boxes, BoxName, Limits } from './boxes.ts'
import { digestOf } from './digest.ts'
import type { Lines } from './lines.ts'
import type { Message } from './message.ts'
import { messageOf, messageOfSummary } from './message-of.ts'
import { NotYet } from './not-yet.ts'
import type { Route } from './routes.ts'
import { settle } from './settle.ts'

/** A person reads ten messages, not eighty. */
const [MOST, SINGLE] = [10, 5]

/** How long a box with many alerts is open at most, in ms: five minutes, or an hour while a registry is read for the first time. */
const LONGEST_MS = { usual: 300_000, filling: 3_600_000 }

const ALL = Number.MAX_SAFE_INTEGER
const NO_LIMITS: Limits = { most: ALL, single: ALL, pauseMs: 0, longestMs: 0 }

export type Gather = ReturnType<typeof makeGather>

/**
 * Lets alerts about one topic wait for each other, in a box for each channel. A job closes the box and queues what is told of
 * its content: this depends on nothing else, and the ids of jobs on nothing but the alerts. So a change is told once, however
 * often the jobs run, and wherever they are killed.
 */
export function makeGather(deps: {
  boxes: Boxes
  queues: Pick<Queues, 'alerts'>
  lines: Pick<Lines, 'join'>
  /** How long an alert waits for others, in ms. */
  gatherMs: () => number
  /** Whether a registry is being read for the first time: many projects get their first usage. */
  isFilling: () => Promise<boolean>
  /** epoch ms */
  now?: () => number
}) {
  const { boxes, queues, lines, now = Date.now } = deps

  return {
    async join(channel: string, alert: Alert): Promise<void> {
      await put({ channel, kind: topicOf(alert) }, alert, now() + deps.gatherMs(), '')
    },

    /** Queues the messages of a box. @throws NotYet if it stays open */
    async empty({ channel, wants }: Pick<Route, 'channel' | 'wants'>, { kind, id }: Gathered): Promise<void> {
      const name = { channel: channel.name, kind }
      const limits = channel.tellsEach ? NO_LIMITS : await limitsOf(kind)
      const openForMs = await boxes.close(name, id, limits)
      if (openForMs !== undefined) throw new NotYet(openForMs)
      const told = settle(await boxes.content(name, id), wants)
      if (told.length > limits.single) {
        const summary = digestOf(id, kind, told)
        const job = jobId('summary', channel.name, id)
        await queue(messageOfSummary(summary), job, { kind: 'summary', channel: channel.name, summary })
      } else
        for (const alert of told) {
          const job = jobId('deliver', alert.id, channel.name)
          await queue(messageOf(alert), job, { kind: 'deliver', channel: channel.name, alert })
        }
      await boxes.forget(name, id)
    },

    /** Closes a box that cannot be emptied: what comes later goes into another one. */
    async giveUp(channel: string, { kind, id }: Gathered): Promise<void> {
      await boxes.close({ channel, kind }, id, NO_LIMITS)
    },
  }

  async function limitsOf(kind: BoxKind): Promise<Limits> {
    const gatherMs = deps.gatherMs()
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
