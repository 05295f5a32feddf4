import { gzipSync } from 'node:zlib'
import { hostileValue, writeJson } from './hostile-values.ts'
import type { Random } from './random.ts'

/**
 * A body that is nearly a notification: events of a real registry, each damaged in one to three fields, in an envelope
 * that may be damaged, too. `now`: epoch ms.
 */
export function mutatedBody(random: Random, events: readonly object[], now: number): Buffer {
  const count = random.isOneIn(20) ? random.int(20) : 1
  const damaged = Array.from({ length: count }, () => mutatedEvent(random, random.of(events), now))
  const envelope = random.isOneIn(10) ? hostileEnvelope(random, damaged, now) : { events: damaged }
  const text = Buffer.from(writeJson(envelope))
  return random.isOneIn(5) ? damagedText(random, text) : text
}

/** A damaged copy of the event, with a new id and a time just before `now`. */
function mutatedEvent(random: Random, event: object, now: number): object {
  const copy = structuredClone(event)
  Object.assign(copy, {
    timestamp: new Date(now - random.int(60_000)).toISOString(),
    id: `fuzz-${random.int(2 ** 31)}`,
  })
  for (let n = random.int(3); n >= 0; n--) damage(random, copy, now)
  return copy
}

function damage(random: Random, event: object, now: number): void {
  const fields: { parent: object; key: string }[] = []
  const walk = (parent: object) => {
    for (const [key, inner] of Object.entries(parent)) {
      fields.push({ parent, key })
      if (typeof inner === 'object' && inner !== null) walk(inner)
    }
  }
  walk(event)
  if (fields.length === 0) return
  const { parent, key } = random.of(fields)
  const [from, to] = [hostileValue(random, 'from', now), hostileValue(random, 'to', now)]
  const way = random.of<() => unknown>([
    ...Array<() => unknown>(6).fill(() => setField(parent, key, hostileValue(random, key, now))),
    () => Reflect.deleteProperty(parent, key),
    () => setField(parent, writeJson(hostileValue(random, 'key', now)).slice(0, 1_000), 1),
    () => setField(parent, '__proto__', { [key]: hostileValue(random, key, now) }),
    () => Object.assign(event, { action: 'rename', target: { rename: { type: 'name', from, to } } }),
  ])
  way()
}

/** Sets a field as JSON.parse does: `__proto__` is a key like any other. */
const setField = (parent: object, key: string, value: unknown): unknown =>
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true })

function hostileEnvelope(random: Random, events: object[], now: number): unknown {
  const [event = {}] = events
  return random.of<unknown>([
    ...[
      events,
      event,
      { events: event },
      { events: { 0: event, length: 1 } },
      { Events: events },
      { events: [events] },
    ],
    ...[
      { events: [...events, ...events] },
      { events: [null, ...events, 1] },
      { events: `${JSON.stringify(events)}` },
    ],
    ...[{ events, extra: hostileValue(random, 'extra', now) }, hostileValue(random, 'envelope', now)],
    JSON.parse(`{"__proto__":{"events":[${JSON.stringify(event)}]}}`),
  ])
}

function damagedText(random: Random, text: Buffer): Buffer {
  const cut = random.int(text.length)
  const [before, after] = [text.subarray(0, cut), text.subarray(cut)]
  const make = random.of<() => Buffer>([
    () => before,
    () => after,
    () => Buffer.concat([before, random.bytes(random.int(8)), after]),
    () => Buffer.concat([before, Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80]), after]),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text]),
    () => Buffer.from(text.toString(), 'utf16le'),
    () => gzipSync(text),
    () => Buffer.concat([text, text]),
    () => Buffer.concat([text, Buffer.from('}')]),
    () => Buffer.concat([Buffer.alloc(random.int(2_000), ' \n'), text]),
    () => Buffer.alloc(random.int(1_000)),
    () => Buffer.alloc(0),
    () => Buffer.from(text.toString().replaceAll(':', ':{"a":')),
    () => Buffer.from(text.toString().replace('{"', '{"events":[],"events":[{}],"')),
    () => Buffer.from('['.repeat(random.int(20_000))),
    () => Buffer.from('{"events":'.repeat(random.int(3_000))),
    () => random.bytes(random.int(500)),
  ])
  return make()
}
