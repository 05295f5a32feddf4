import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EVENT, JOB, readEnvelope } from '../../src/events/envelope.ts'
import { BODY } from '../../src/events/find-events.ts'
import { NotAnEnvelope } from '../../src/events/not-an-envelope.ts'

const partsOf = (body: string) => Array.fromAsync(readEnvelope(Buffer.from(body)))
const eventsOf = async (body: string) => (await partsOf(body)).flatMap(({ events }) => events)

test('gives the events of any envelope, however it is written', async () => {
  const anyKeys = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 })
  const event = fc.jsonValue({ maxDepth: 5 })
  await fc.assert(
    fc.asyncProperty(anyKeys, fc.array(event), anyKeys, fc.nat(3), async (before, events, after, indent) => {
      const body = JSON.stringify({ ...before, events, ...after, events_: 1 }, null, indent)
      expect(await eventsOf(body)).toEqual(JSON.parse(body).events)
    }),
  )
})

/** Space of any kind and length, as JSON allows it between tokens. */
const space = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 200 }),
)
/** A key with any of its letters escaped, in either case of the hexadecimal digits. */
const written = (key: string) =>
  fc.array(fc.nat(2), { minLength: key.length, maxLength: key.length }).map((ways) => {
    const hex = (letter: string) => letter.charCodeAt(0).toString(16).padStart(4, '0')
    const escapes = [
      (letter: string) => letter,
      (letter: string) => `\\u${hex(letter)}`,
      (letter: string) => `\\u${hex(letter).toUpperCase()}`,
    ]
    return `"${[...key].map((letter, n) => escapes[ways[n] ?? 0]?.(letter)).join('')}"`
  })
const anyKey = fc.oneof(
  ...['events', 'events', 'event', 'Events', 'events\\u0000', '__proto__'].map((key) =>
    key.includes('\\') ? fc.constant(`"${key}"`) : written(key),
  ),
)
const { json } = fc.letrec<{ json: string; list: string; object: string; leaf: string }>((tie) => ({
  leaf: fc.constantFrom('1', 'null', '"events"', '"\\\\"', '"]"', '"{\\"events\\":[9]"', '[]', '{}'),
  list: fc
    .array(fc.tuple(space, tie('json'), space), { maxLength: 3 })
    .map((values) => `[${values.map((parts) => parts.join('')).join(',')}]`),
  object: fc
    .array(fc.tuple(space, anyKey, space, fc.constant(':'), space, tie('json'), space), { maxLength: 4 })
    .map((members) => `{${members.map((parts) => parts.join('')).join(',')}}`),
  json: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('list'), tie('object'), tie('object')),
}))

test('gives the events that JSON.parse finds, or refuses the body: any space, escapes, repeated and nested keys', async () => {
  let read = 0
  await fc.assert(
    fc.asyncProperty(space, json, space, async (before, value, after) => {
      const body = `${before}${value}${after}`
      const parsed = JSON.parse(body)
      const isEnvelope = parsed !== null && Array.isArray(parsed.events)
      // Two lists of events are refused, although `JSON.parse` takes the last one.
      const outcome = await eventsOf(body).catch((error: unknown) => {
        expect(error).toBeInstanceOf(NotAnEnvelope)
        return isEnvelope && String(error).includes('two lists') ? parsed.events : undefined
      })
      expect(outcome).toEqual(isEnvelope ? parsed.events : undefined)
      if (isEnvelope && parsed.events.length > 0) read++
    }),
    { numRuns: 2_000 },
  )
  expect(read).toBeGreaterThan(50)
})

const FAR = ' '.repeat(70)

test.each([
  ['an empty list', '{"events":[]}', []],
  ['an empty list with space in it', '{"events" : [ \n ] }', []],
  ['brackets in strings', '{"events":["]","}","[{","\\"]","\\\\"]}', [']', '}', '[{', '"]', '\\']],
  ['the key in a string', '{"a":"{\\"events\\":[1]","events":[2]}', [2]],
  ['the key further in', '{"a":{"events":[1]},"events":[{"events":[2]}]}', [{ events: [2] }]],
  ['lists beside it', '{"a":[1,[2]],"events":[3],"b":[4]}', [3]],
  ['a key with an escape', '{"\\u0065vents":[1]}', [1]],
  ['a key of escapes', '{"\\u0065\\u0076\\u0065\\u006E\\u0074\\u0073":[1]}', [1]],
  ['space before the key', `{${FAR}"events":[1]}`, [1]],
  ['space after the key', `{"events"${FAR}:${FAR}[1]}`, [1]],
  ['a list after something else of that name', '{"events":{},"events":[1]}', [1]],
  ['UTF-8', '{"events":["ä","🐳"]}', ['ä', '🐳']],
])('reads %s', async (_, body, events) => {
  expect(await eventsOf(body)).toEqual(events)
})

test.each([
  ['nothing', ''],
  ['a list', '[]'],
  ['a list in a list', '[["events":[1]]]'],
  ['no events', '{"event":[]}'],
  ['events that are no list', '{"events":{}}'],
  ['two lists of events', '{"events":[1],"\\u0065vents":[2]}'],
  ['an empty and another list of events', '{"events":[],"events":[2]}'],
  ['a list before something else of that name', '{"events":[1],"events":2}'],
  ['a key in upper case', '{"\\u0045VENTS":[1]}'],
  ['a list without an end', '{"events":[{"a":1}'],
  ['a list that ends with a brace', '{"events":[{}}'],
  ['an event that is missing', '{"events":[1,]}'],
  ['an event that is missing before another', '{"events":[,1]}'],
  ['an event that is no JSON', '{"events":[{"a":}]}'],
  ['an event without an end', '{"events":[{"a":[1]]}'],
  ['a string without an end', '{"events":["a]}'],
  ['something after the end', '{"events":[]}]'],
  ['an escape at the end', '{"events":["\\'],
  ['more closed than was open', ']]]]}}{"events":[1]}'],
])('refuses %s', async (_, body) => {
  await expect(partsOf(body)).rejects.toThrow(NotAnEnvelope)
})

test.each([
  ['three million empty objects', `{"events":[${'{},'.repeat(3_000_000)}{}]}`, 'more than 10000 events'],
  ['ten million brackets', '['.repeat(10 * 2 ** 20), 'more than 1500 levels'],
  ['brackets in an event', `{"events":[${'['.repeat(2_000)}`, 'more than 1500 levels'],
  ['much beside the events', `{"a":"${'x'.repeat(100_000)}","events":[]}`, 'bytes beside'],
  ['much after the events', `{"events":[],"a":[${'1,'.repeat(100_000)}1]}`, 'bytes beside'],
  ['many lists beside the events', `{"events":[]${',"a":[]'.repeat(20_000)}}`, 'bytes beside'],
  ['many lists of events', `{"events":[]${',"events":[]'.repeat(20_000)}}`, 'two lists'],
  ['much and no events', JSON.stringify('x'.repeat(10 * 2 ** 20)), 'bytes beside'],
])('refuses %s before it parses anything', async (_, body, reason) => {
  await expect(partsOf(body)).rejects.toThrow(reason)
})

test('a body of many events comes in parts that fit a job each', async () => {
  const small = Array.from({ length: 1_200 }, (_, n) => ({ n }))
  const long = Array.from({ length: 5 }, (_, n) => ({ n, text: 'x'.repeat(JOB.bytes / 2 - 100) }))
  const wide = Array.from({ length: 5 }, () => Array.from({ length: JOB.values / 2 - 10 }, () => 0))
  const sizes = async (events: unknown[]) =>
    (await partsOf(JSON.stringify({ events }))).map((part) => part.events.length)
  expect(await sizes(small)).toEqual([JOB.events, JOB.events, 1_200 - 2 * JOB.events])
  expect(await sizes(long)).toEqual([2, 2, 1])
  expect(await sizes(wide)).toEqual([2, 2, 1])
  expect(await eventsOf(JSON.stringify({ events: [...small, ...long] }))).toEqual([...small, ...long])
})

test('an event that fills more than a job has one of its own, and one that is too large is not parsed', async () => {
  const reference = (n: number) => ({ mediaType: 'x', size: n, digest: `sha256:${`${n}`.padStart(64, '0')}` })
  const references = (count: number) => Array.from({ length: count }, (_, n) => reference(n))
  const event = { id: 'large', target: { references: references(40_000) } }
  const body = JSON.stringify({
    events: [
      { id: 'first' },
      event,
      'y'.repeat(EVENT.bytes),
      Array(EVENT.values + 1).fill(0),
      { id: 'last' },
    ],
  })
  const parts = await partsOf(body)
  expect(parts.map(({ events }) => events.length)).toEqual([1, 1, 1])
  expect(parts[1]?.events).toEqual([event])
  expect(parts.flatMap(({ unread }) => unread)).toEqual([
    {
      reason: `an event of ${EVENT.bytes + 2} bytes, more than ${EVENT.bytes}`,
      beginning: `"${'y'.repeat(499)}`,
    },
    {
      reason: `an event of some ${EVENT.values + 1} values, more than ${EVENT.values}`,
      beginning: `[${'0,'.repeat(249)}0`,
    },
  ])
})

test('an event of many different keys is not parsed, wherever they are; one of the same keys again and again is', async () => {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]))
  const outcome = async (event: unknown, beside: object = {}) => {
    const parts = await partsOf(JSON.stringify({ ...beside, events: [event, {}] }))
    return parts[0]?.unread[0]?.reason ?? parts.flatMap(({ events }) => events).length
  }
  const tooMany = expect.stringMatching(/^an event of some \d+ different keys, more than 1000$/)
  expect(await outcome(keys(50_000))).toEqual(tooMany)
  expect(await outcome(Array.from({ length: 50_000 }, (_, n) => ({ [`k${n}`]: n })))).toEqual(tooMany)
  expect(await outcome({ a: [[{ b: keys(2_000) }]] })).toEqual(tooMany)
  expect(await outcome(keys(50_000), { a: keys(4_000) })).toEqual(tooMany)
  const escaped = (n: number) => [...n.toString(8)].map((digit) => 'bfnrt"\\/'[Number(digit)]).join('\\')
  const text = Array.from({ length: 4_096 }, (_, n) => `"\\${escaped(n + 4_096)}":0`).join(',')
  expect((await partsOf(`{"events":[{${text}}]}`))[0]?.unread[0]?.reason).toEqual(tooMany)
  expect(await outcome(keys(1_000))).toBe(2)
  expect(await outcome(Array(40).fill(keys(900)))).toBe(2)
  expect(await outcome(Array.from({ length: 50_000 }, (_, n) => `k${n}`))).toBe(2)
})

test('the next part is parsed only when the caller asks for it', async () => {
  const events = Array.from({ length: JOB.events }, (_, n) => n)
  const parts = readEnvelope(Buffer.from(`{"events":[${events.join(',')},not JSON]}`))
  expect((await parts.next()).value).toMatchObject({ events })
  await expect(parts.next()).rejects.toThrow(NotAnEnvelope)
})

test('no body has more events than the bound', async () => {
  const of = (count: number) => eventsOf(`{"events":[${Array(count).fill('{}').join(',')}]}`)
  expect(await of(BODY.events)).toHaveLength(BODY.events)
  await expect(of(BODY.events + 1)).rejects.toThrow(NotAnEnvelope)
})

describe('a body without an envelope', () => {
  const event = { id: '1', timestamp: '2026-11-23T10:00:00Z', action: 'push', target: { repository: 'a/x' } }

  test('is taken for an envelope of one if it is an event', async () => {
    expect(await eventsOf(JSON.stringify(event))).toEqual([event])
    const ping = { id: '2', timestamp: '2026-11-23T10:00:00Z', action: 'ping' }
    expect(await eventsOf(JSON.stringify(ping))).toEqual([ping])
  })

  test('keeps no token of an actor', async () => {
    const actor = { name: 'ann', user: 'secret' }
    expect(await eventsOf(JSON.stringify({ ...event, actor }))).toEqual([
      { ...event, actor: { name: 'ann' } },
    ])
  })

  test.each([
    ['a list of events', [event]],
    ['an event without an action', { ...event, action: undefined }],
    ['another webhook, with an action', { action: 'published', package: {} }],
    ['an event with events that are no list', { ...event, events: {} }],
    ['an event larger than 64 KiB', { ...event, more: 'x'.repeat(64 * 1024) }],
  ])('is refused if it is %s', async (_, body) => {
    await expect(eventsOf(JSON.stringify(body))).rejects.toThrow(NotAnEnvelope)
  })
})
