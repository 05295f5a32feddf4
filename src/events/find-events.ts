import { setImmediate as nextTurn } from 'node:timers/promises'
import { NotAnEnvelope } from './not-an-envelope.ts'

/**
 * Where an event stands in a body, in bytes; how many JSON values it has, about: its commas and opening brackets; and how
 * many different keys, about: keys that fall into the same of 4,096 classes count once.
 */
export interface EventSpan {
  start: number
  end: number
  values: number
  keys: number
}

/**
 * The bounds of a body. An honest body is far within each: registries send one event at a time, five levels deep. 1,500
 * levels, because `JSON.stringify` fails on some 3,000.
 */
export const BODY = { events: 10_000, levels: 1_500, besideEvents: 64 * 1024 }

/** Bytes that are scanned in one turn of the event loop: some 4 ms. */
const TURN = 2 ** 19

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const [BRACKET, BRACKET_END] = [0x5b, 0x5d]
const [BRACE, BRACE_END] = [0x7b, 0x7d]

/** The factor of the hash of keys. Nobody outside knows it, so nobody can write many keys of one class. */
const FACTOR = Math.floor(Math.random() * 2 ** 31) | 1
const CLASS_BITS = 12

/**
 * Mixes all bits of a hash (the finalizer of MurmurHash3), and takes the highest. Without it one factor in forty put most keys that
 * differ in their last characters into few classes.
 */
function classOf(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> (32 - CLASS_BITS)
}

/** The key "events", in each way that JSON can write it, and the bytes of the longest. */
const EVENTS_KEY = /^"(e|\\u0065)(v|\\u0076)(e|\\u0065)(n|\\u006[eE])(t|\\u0074)(s|\\u0073)"$/
const LONGEST_KEY = 2 + 6 * 6

/**
 * Finds the events in a notification's envelope without parsing them, because `JSON.parse` of a body of 10 MiB can take
 * seconds and become hundreds of megabytes. Gives them in order, and the text of the body without them. Whether that text
 * and each event are JSON is left to `JSON.parse`. Where the scan takes broken JSON for something else, `JSON.parse` refuses
 * that text. @throws NotAnEnvelope if the body exceeds a bound, or has two lists of events
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
  let isInEvents = false
  /** Where the event at hand begins. */
  let start = 0
  /** `keyStart` to `keyEnd` is the last string directly in the outermost object. If a list follows, it is the list's key. */
  /** The class of a key -> the number of the last event that has one. */
  const classes = new Uint16Array(2 ** CLASS_BITS)
  const position = { hash: 0, keys: 0, at: 0, depth: 0, isInString: false, values: 0, keyStart: 0, keyEnd: 0 }

  function checkRest(end: number) {
    const bytes = restBytes + end - restFrom
    if (bytes > BODY.besideEvents)
      throw new NotAnEnvelope(
        `the body is no notification envelope: it has ${bytes} bytes beside an array "events"`,
      )
  }

  /** Called for each list that is a value of the outermost object. */
  function beginList(at: number, keyStart: number, keyEnd: number) {
    checkRest(at)
    if (keyEnd - keyStart > LONGEST_KEY || !EVENTS_KEY.test(body.toString('latin1', keyStart, keyEnd))) return
    if (rest.length > 0) throw new NotAnEnvelope('the body has two lists "events": registries send one')
    rest.push(body.subarray(restFrom, at + 1))
    restBytes += at + 1 - restFrom
    isInEvents = true
    start = at + 1
  }

  function endEvent(end: number, values: number, keys: number) {
    spans.push({ start, end, values, keys })
    if (spans.length > BODY.events)
      throw new NotAnEnvelope(`the body has more than ${BODY.events} events: registries send one at a time`)
    start = end + 1
  }

  function endList(at: number, values: number, keys: number) {
    // An empty list has no event. After a comma there must be one.
    const isEmpty = body[start - 1] === BRACKET && isBlank(body, start, at)
    if (!isEmpty) endEvent(at, values, keys)
    isInEvents = false
    restFrom = at
  }

  return {
    /** Scans on, up to this position. */
    to(until: number) {
      // As variables of this function: as those of the outer one they make the loop twenty times slower.
      let { hash, keys, at, depth, isInString, values, keyStart, keyEnd } = position
      for (; at < until; at++) {
        const code = body[at]
        if (isInString) {
          if (code === QUOTE) {
            isInString = false
            if (depth === 1) keyEnd = at + 1
            continue
          }
          hash = Math.imul(hash + (code ?? 0), FACTOR)
          if (code === BACKSLASH) hash = Math.imul(hash + (body[++at] ?? 0), FACTOR)
        } else if (code === QUOTE) {
          isInString = true
          hash = 1
          if (depth === 1) keyStart = at
        } else if (code === COMMA) {
          values++
          if (depth !== 2 || !isInEvents) continue
          endEvent(at, values - 1, keys)
          values = 0
          keys = 0
        } else if (code === COLON && isInEvents) {
          const keyClass = classOf(hash)
          if (classes[keyClass] === spans.length + 1) continue
          classes[keyClass] = spans.length + 1
          keys++
        } else if (code === BRACKET || code === BRACE) {
          depth++
          values++
          if (depth > BODY.levels)
            throw new NotAnEnvelope(
              `the body is nested more than ${BODY.levels} levels deep, as no notification is`,
            )
          if (depth !== 2 || code !== BRACKET) continue
          beginList(at, keyStart, keyEnd)
          values = 0
          keys = 0
        } else if (code === BRACKET_END || code === BRACE_END) {
          if (depth === 2 && isInEvents) endList(at, values, keys)
          depth--
        }
      }
      Object.assign(position, { hash, keys, at, depth, isInString, values, keyStart, keyEnd })
    },
    found() {
      // A list without an end is no JSON, and neither is the rest without one.
      if (!isInEvents) {
        checkRest(body.length)
        rest.push(body.subarray(restFrom))
      }
      return { spans, rest: Buffer.concat(rest).toString() }
    },
  }
}

const isBlank = (body: Buffer, start: number, end: number): boolean =>
  end - start < BODY.besideEvents && body.toString('latin1', start, end).trim() === ''
