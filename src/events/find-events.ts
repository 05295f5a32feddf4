import { setImmediate as nextTurn } from 'node:timers/promises'
import { NotAnEnvelope } from './not-an-envelope.ts'

/** Where an event stands in a body, in bytes, and how many JSON values it has, about: its commas and opening brackets. */
export interface EventSpan {
  start: number
  end: number
  values: number
}

/**
 * The bounds of a body. An honest body is far within each: registries send one event at a time, five levels deep. 1,500
 * levels, because `JSON.stringify` fails on some 3,000.
 */
export const BODY = { events: 10_000, levels: 1_500, besideEvents: 64 * 1024 }

/** Bytes that are scanned in one turn of the event loop: 2 ms. */
const TURN = 2 ** 20

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACKET_END, BRACE, BRACE_END] = [
  ...[0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d],
] as const

/** What stands before the list of events. */
const EVENTS_KEY = /[{,]\s*"events"\s*:\s*$/

/**
 * Finds the events in a notification's envelope without parsing them, because `JSON.parse` of a body of 10 MiB can take
 * seconds and become hundreds of megabytes. Gives them in order, and the text of the body without them. Whether that text
 * and each event are JSON is left to `JSON.parse`. @throws NotAnEnvelope if the body exceeds a bound
 */
export async function findEvents(body: Buffer): Promise<{ spans: EventSpan[]; rest: string }> {
  const scan = makeScan(body)
  for (let until = TURN; until < body.length; until += TURN) {
    scan.to(until)
    await nextTurn()
  }
  scan.to(body.length)
  return scan.found()
}

function makeScan(body: Buffer) {
  const spans: EventSpan[] = []
  const rest: Buffer[] = []
  let restBytes = 0
  /** Where the part of the body begins that is not in `rest` yet and belongs there. */
  let restFrom = 0
  let at = 0
  let depth = 0
  let isInString = false
  let isInEvents = false
  let start = 0
  let values = 0

  function beginEvents() {
    rest.push(body.subarray(restFrom, at + 1))
    restBytes += at + 1 - restFrom
    isInEvents = true
    start = at + 1
    values = 0
  }

  function endEvent(isLast: boolean) {
    // An empty list has no event. After a comma there must be one.
    const isEmptyList = isLast && body.at(start - 1) === BRACKET && isBlank(body, start, at)
    if (!isEmptyList) spans.push({ start, end: at, values })
    if (spans.length > BODY.events)
      throw new NotAnEnvelope(`the body has more than ${BODY.events} events: registries send one at a time`)
    start = at + 1
    values = 0
    if (!isLast) return
    isInEvents = false
    restFrom = at
  }

  function open(code: number) {
    depth++
    values++
    if (depth > BODY.levels)
      throw new NotAnEnvelope(`the body is nested more than ${BODY.levels} levels deep, as no notification is`)
    if (depth !== 2 || code !== BRACKET) return
    checkRest()
    if (EVENTS_KEY.test(body.toString('latin1', Math.max(restFrom, at - 64), at))) beginEvents()
  }

  function checkRest() {
    const bytes = restBytes + at - restFrom
    if (bytes > BODY.besideEvents)
      throw new NotAnEnvelope(
        `the body is no notification envelope: it has ${bytes} bytes beside an array "events"`,
      )
  }

  return {
    /** Scans on, up to this position. */
    to(until: number) {
      for (; at < until; at++) {
        const code = body[at]
        if (isInString) {
          if (code === BACKSLASH) at++
          else if (code === QUOTE) isInString = false
        } else if (code === QUOTE) isInString = true
        else if (code === COMMA) {
          if (isInEvents && depth === 2) endEvent(false)
          else values++
        } else if (code === BRACKET || code === BRACE) open(code)
        else if (code === BRACKET_END || code === BRACE_END) {
          if (isInEvents && depth === 2) endEvent(true)
          depth--
        }
      }
    },
    found() {
      // A list without an end is no JSON, and neither is the rest without one.
      if (!isInEvents) {
        checkRest()
        rest.push(body.subarray(restFrom))
      }
      return { spans, rest: Buffer.concat(rest).toString() }
    },
  }
}

const isBlank = (body: Buffer, start: number, end: number): boolean =>
  end - start < BODY.besideEvents && body.toString('latin1', start, end).trim() === ''
