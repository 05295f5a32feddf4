import { afterEach, describe, expect, it } from 'vitest'
import { makeMatrixChannel } from '../../../src/alerts/channels/matrix.ts'
import type { Severity } from '../../../src/alerts/message.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { keepInMemory } from '../keep-in-memory.ts'
import { type Received, startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { failureOf } from './contract.ts'
import { httpChannelContract } from './http-contract.ts'

const closing: (() => unknown)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const ROOM = '!abc:example.org'
const open = (url: string, memory = keepInMemory(), room = ROOM) =>
  makeMatrixChannel({ name: 'ops', url, accessToken: 's3cret-token', room, memory })

const TRANSACTION =
  /^\/services\/s3cret\/_matrix\/client\/v3\/rooms\/!abc%3Aexample\.org\/send\/m\.room\.message\/([\w-]+)$/

/** What is wrong by the client-server API: the shape of m.room.message, its HTML, mentions and size. */
function faults({ path, headers, body }: Received): string[] {
  const content = JSON.parse(body)
  const html: string = content.formatted_body
  const known = /^<(\/?(h3|p|table|tr|td|b|ul|li|a)|a href="[^"<>]*")>$/
  const texts = [content.body, html].join('\n').replaceAll(OWN_LINK, '')
  return [
    ...(TRANSACTION.test(path ?? '') ? [] : [`path ${path}`]),
    ...(headers.authorization === 'Bearer s3cret-token' ? [] : ['authorization']),
    ...(/^m\.(text|notice)$/.test(content.msgtype) ? [] : ['msgtype']),
    ...(content.format === 'org.matrix.custom.html' ? [] : ['format']),
    ...(JSON.stringify(content['m.mentions']) === '{}' ? [] : ['m.mentions']),
    ...(html.match(/<[^>]*>/g) ?? []).filter((tag) => !known.test(tag)),
    ...(texts.match(/https?:\/\/|www\.|@\w+/g) ?? []),
    ...(Buffer.byteLength(body) > 60_000 ? [`${body.length} bytes`] : []),
    ...(body.isWellFormed() ? [] : ['a lone surrogate']),
  ]
}

describe('a room of Matrix', () => {
  httpChannelContract({ open, faults, method: 'PUT', body: () => '{"event_id":"$event"}' })

  /** A homeserver that keeps what it got and, as a real one, takes a transaction once. */
  async function startHome() {
    const events = new Map<string, Record<string, unknown>>()
    const { url, close } = await startReceiver((response, { path, body }) => {
      const transaction = TRANSACTION.exec(path ?? '')?.[1] ?? ''
      if (!events.has(transaction)) events.set(transaction, JSON.parse(body))
      response.end(JSON.stringify({ event_id: `$${transaction}` }))
    })
    closing.push(close)
    return { url, events }
  }

  it('gets a message once, however often it is sent', async () => {
    const { url, events } = await startHome()
    await open(url).send(sampleMessage)
    await open(url).send(sampleMessage)
    expect([...events.keys()]).toEqual(['alert_01'])
  })

  it('has the first message of a subject edited in place and the others in its thread, until it is resolved', async () => {
    const { url, events } = await startHome()
    const channel = open(url)
    const states: Severity[] = ['warning', 'critical', 'resolved', 'warning']
    for (const [n, severity] of states.entries()) {
      const message = { ...sampleMessage, id: `m${n}`, severity, text: `state ${n}` }
      await channel.send(message)
    }
    expect([...events.keys()]).toEqual(['m0', 'm1', 'm1-edit', 'm2', 'm2-edit', 'm3'])
    expect(events.get('m0')).not.toHaveProperty('m.relates_to')
    expect(events.get('m1')).toMatchObject({
      msgtype: 'm.text',
      'm.relates_to': { rel_type: 'm.thread', event_id: '$m0' },
    })
    expect(events.get('m1-edit')).toMatchObject({
      'm.new_content': { body: expect.stringContaining('state 1') },
      'm.relates_to': { rel_type: 'm.replace', event_id: '$m0' },
    })
    // The thread's relation does not belong into the new content (client-server API, Event replacements).
    expect(events.get('m1-edit')?.['m.new_content']).not.toHaveProperty('m.relates_to')
    expect(events.get('m2')).toMatchObject({ msgtype: 'm.notice' })
    expect(events.get('m3')).not.toHaveProperty('m.relates_to')
  })

  it('that was changed in the configuration gets no edit of a message in another', async () => {
    const { url, events } = await startHome()
    const memory = keepInMemory()
    await open(url, memory, '!old:example.org').send(sampleMessage)
    await open(url, memory).send({ ...sampleMessage, id: 'alert_02' })
    expect(events.get('alert_02')).not.toHaveProperty('m.relates_to')
  })

  it('is waited for as the body of M_LIMIT_EXCEEDED says', async () => {
    const { url, close } = await startReceiver((response) =>
      response
        .writeHead(429)
        .end('{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":2500}'),
    )
    closing.push(close)
    expect(await failureOf(open(url))).toMatchObject({ status: 429, retry: true, retryAfterMs: 2_500 })
  })

  it('can be tried without a message', async () => {
    const { url, received, close } = await startReceiver((response) =>
      response.end('{"user_id":"@tallyman:example.org"}'),
    )
    closing.push(close)
    expect(await open(url).check?.ask()).toBe('the homeserver takes the token of @tallyman:example.org')
    expect(received).toMatchObject([
      { method: 'GET', path: '/services/s3cret/_matrix/client/v3/account/whoami' },
    ])
  })
})
