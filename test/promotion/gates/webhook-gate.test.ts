import type { ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { makeWebhookGate } from '../../../src/promotion/gates/webhook-gate.ts'
import { type Receiver, startReceiver } from '../../alerts/receiver.ts'
import { digestOfTag, subjectOf } from './cosign-captures.ts'

/** An outside check on a free port: only a clear yes opens the gate. */
const SECRET = `whsec_${Buffer.from('a secret of the test').toString('base64')}`
const subject = subjectOf(digestOfTag('v1'))
const now = () => Date.now() * 1000

let receiver: Receiver | undefined
afterEach(() => receiver?.close())

async function ask(answer: (response: ServerResponse) => void, { timeout = 60_000, secret = SECRET } = {}) {
  const started = await startReceiver(answer)
  receiver = started
  const gate = makeWebhookGate({ type: 'webhook', url: started.url, secret, timeout }, { now })
  return { ...started, result: await gate.check(subject) }
}

const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

test('a yes opens, and its reason is kept', async () => {
  const { host, result } = await ask(json({ allow: true, why: 'CHG-17\u001b' }))
  expect(result).toEqual({
    ...{ gate: `webhook ${host}`, state: 'open', why: 'CHG-17\\u{1b}' },
    evidence: { host, why: 'CHG-17\\u{1b}' },
  })
})

test('the question is a signed Standard Webhook about the image', async () => {
  const { received } = await ask(json({ allow: true }))
  const { method, headers, body } = received[0] ?? { headers: {}, body: '' }
  expect(method).toBe('POST')
  expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual({
    type: 'promotion.gate',
    timestamp: expect.any(String),
    data: subject,
  })
})

test('without a secret it is not signed', async () => {
  const started = await startReceiver(json({ allow: true }))
  receiver = started
  const gate = makeWebhookGate({ type: 'webhook', url: started.url, timeout: 60_000 }, { now })
  expect(await gate.check(subject)).toMatchObject({ state: 'open' })
  expect(started.received[0]?.headers['webhook-signature']).toBeUndefined()
})

test('a no closes, and one that may change waits', async () => {
  const no = await ask(json({ allow: false, why: 'freeze' }))
  expect(no.result).toEqual({ gate: `webhook ${no.host}`, state: 'closed', why: 'freeze' })
  no.close()
  const later = await ask(json({ allow: false, why: 'freeze', retry: true }))
  expect(later.result).toMatchObject({ state: 'waiting', why: 'freeze', again: expect.any(Number) })
})

describe('no answer is no', () => {
  test.each<[string, (response: ServerResponse) => void, string]>([
    ['an error', json({ allow: true }, 500), 'it answered 500'],
    ['another success', json({ allow: true }, 201), 'it answered 201'],
    ['an empty success', (response) => response.writeHead(204).end(), 'it answered 204'],
    ['a redirect', (response) => response.writeHead(302, { location: '/yes' }).end(), 'it answered 302'],
    ['text for true', json({ allow: 'true' }), 'its answer is not'],
    ['a number for true', json({ allow: 1 }), 'its answer is not'],
    ['a list', json([{ allow: true }]), 'its answer is not'],
    ['true alone', json(true), 'its answer is not'],
    ['an inherited key', json({ __proto__: { allow: true } }), 'its answer is not'],
    ['no JSON', (response) => response.end('yes'), 'its answer is not'],
    ['nothing', (response) => response.end(), 'its answer is not'],
    [
      'an answer that is too long',
      json({ allow: true, why: 'x'.repeat(100_000) }),
      'its answer is longer than 65536 bytes',
    ],
    ['a connection that breaks', (response) => response.destroy(), ''],
    [
      'an answer that breaks off',
      (response) => {
        response.writeHead(200, { 'content-length': 100 })
        response.write('{"allow": true', () => response.destroy())
      },
      '',
    ],
  ])('%s', async (_, answer, why) => {
    const { host, result } = await ask(answer)
    expect(result).toMatchObject({ state: 'waiting', why: expect.stringContaining(`${host}: ${why}`) })
    expect(result.why).not.toContain('s3cret')
    expect(result.again).toBeGreaterThan(now() / 1000 + 50_000)
  })

  test('an answer that never comes, or never ends', async () => {
    const none = await ask(() => {}, { timeout: 200 })
    expect(none.result).toMatchObject({ state: 'waiting', why: `${none.host}: no answer within 200ms` })
    none.close()
    const endless = await ask((response) => response.writeHead(200).write('{'), { timeout: 200 })
    expect(endless.result).toMatchObject({ state: 'waiting', why: `${endless.host}: no answer within 200ms` })
  })

  test('a host that nobody listens at', async () => {
    const { url, host, close } = await startReceiver(() => {})
    close()
    const gate = makeWebhookGate({ type: 'webhook', url, timeout: 60_000 }, { now })
    expect(await gate.check(subject)).toMatchObject({ state: 'waiting', why: `${host}: ECONNREFUSED` })
  })
})
