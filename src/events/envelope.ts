import type { UnreadEvent } from '../queue/jobs.ts'
import { type EventSpan, findEvents } from './find-events.ts'
import { NotAnEnvelope } from './not-an-envelope.ts'
import { pace } from './pace.ts'
import { trim } from './trim.ts'

/**
 * The most that one job of the `events` queue holds. An event that is larger alone becomes a job of its own. (Shares
 * of 512 add up to 1 exactly.)
 */
export const JOB = { events: 512, bytes: 2 ** 20, values: 25_000 }

/**
 * The largest event that is parsed. The event of a manifest of 4 MiB, the registries' limit, has up to 8 MiB: registries
 * indent it. With 40,000 references it has some 160,000 values and is parsed in 45 ms, which holds up everything else. If
 * each of so many values had a key of its own, that would take 160 ms. An honest event has some 30 different keys.
 */
export const EVENT = { bytes: 8 * 2 ** 20, values: 165_000, keys: 1_000 }

/** The fewest bytes that a JSON value takes in a list: a digit and a comma. */
const SHORTEST_VALUE = 2

/** The bytes that are kept of an event that is not parsed. */
const BEGINNING = 500

/** Some of a body's events, as many as one job holds. */
export interface EnvelopePart {
  /** Parsed JSON, not yet validated. */
  events: unknown[]
  unread: UnreadEvent[]
  /** The part of a full job that they fill; above 1 for one large event. */
  share: number
}

/**
 * Reads a notification's envelope part by part, so that the next part is parsed only when the caller is done with the
 * last. A body that is one event itself, as Azure sends it (docs/registries.md, Events), counts as an envelope of one.
 * @throws NotAnEnvelope, in the last case after some parts: JSON may go wrong anywhere
 */
export async function* readEnvelope(body: Buffer): AsyncGenerator<EnvelopePart> {
  const { spans, rest } = await findEvents(body)
  const envelope = parseJson(rest)
  if (isEvent(envelope)) {
    trim(envelope)
    yield { events: [envelope], unread: [], share: body.length / SHORTEST_VALUE / JOB.values }
    return
  }
  if (!isObject(envelope) || !Array.isArray(envelope.events))
    throw new NotAnEnvelope('the body is no notification envelope: expected an object with an array "events"')
  let part: EnvelopePart = { events: [], unread: [], share: 0 }
  for (const span of spans) {
    const share = shareOf(span)
    if (part.share > 0 && part.share + share > 1) {
      yield part
      part = { events: [], unread: [], share: 0 }
    }
    part.share += share
    const problem = tooLarge(span)
    await pace()
    if (problem === undefined) part.events.push(readEvent(body, span))
    else part.unread.push({ reason: problem, beginning: beginningOf(body, span) })
  }
  if (part.share > 0) yield part
}

/** Such a body has at most `BODY.besideEvents`, so its event is small. */
const isEvent = (body: unknown): boolean =>
  isObject(body) && !('events' in body) && EVENT_FIELDS.every((field) => typeof body[field] === 'string')

/** What Azure's events and its `ping` have. */
const EVENT_FIELDS = ['id', 'timestamp', 'action']

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shareOf = (span: EventSpan): number =>
  tooLarge(span) === undefined
    ? Math.max(1 / JOB.events, (span.end - span.start) / JOB.bytes, span.values / JOB.values)
    : 1 / JOB.events

function tooLarge({ start, end, values, keys }: EventSpan): string | undefined {
  const bytes = end - start
  if (bytes > EVENT.bytes) return `an event of ${bytes} bytes, more than ${EVENT.bytes}`
  if (values > EVENT.values) return `an event of some ${values} values, more than ${EVENT.values}`
  if (keys > EVENT.keys) return `an event of some ${keys} different keys, more than ${EVENT.keys}`
  return undefined
}

function readEvent(body: Buffer, { start, end }: EventSpan): unknown {
  const event = parseJson(body.toString('utf8', start, end))
  trim(event)
  return event
}

const beginningOf = (body: Buffer, { start, end }: EventSpan): string =>
  body.toString('utf8', start, Math.min(end, start + BEGINNING)).trim()

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotAnEnvelope('the body is not JSON: expected a notification envelope, {"events": […]}')
  }
}
