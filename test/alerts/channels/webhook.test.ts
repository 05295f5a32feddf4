import { Webhook } from 'standardwebhooks'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { makeWebhookChannel } from '../../../src/alerts/channels/webhook.ts'
import { messageOf, messageOfSummary } from '../../../src/alerts/message-of.ts'
import type { Alert, AlertSummary } from '../../../src/queue/alert.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { startReceiver } from '../receiver.ts'
import { expiryAlert, registryAlert, sampleAlert, sampleSummary } from '../sample-alert.ts'
import { httpChannelContract } from './http-contract.ts'

/** The attributes of https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/cloudevents.json. */
const CloudEvent = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ minLength: 1 }),
    source: Type.String({ minLength: 1 }),
    type: Type.String({ pattern: '^tallyman\\.[a-zA-Z]+\\.[a-z]+$' }),
    subject: Type.Optional(Type.String({ minLength: 1 })),
    time: Type.String({ format: 'date-time' }),
    datacontenttype: Type.Literal('application/json'),
    data: Type.Object({}),
  },
  { additionalProperties: false },
)

/** The event about the alert `ci/team-a/app`. */
const eventOf = (type: string, subject: string, data: Alert | AlertSummary) => ({
  ...{ specversion: '1.0', id: data.id, source: '/tallyman', type: `tallyman.${type}`, subject },
  ...{ time: data.at, datacontenttype: 'application/json', data },
})

const secret = `whsec_${Buffer.from('a secret of twenty-four.').toString('base64')}`

describe('a webhook channel', () => {
  httpChannelContract({
    open: (url) => makeWebhookChannel({ name: 'ops', url, secret }),
    contentType: 'application/cloudevents+json; charset=utf-8',
    actions: ['"frees":{"bytes":3221225472,', `"url":"${OWN_LINK}"`],
    faults: ({ body }) => [...Value.Errors(CloudEvent, JSON.parse(body))].map(({ message }) => message),
  })

  it('counts a 2xx as accepted even if the rest of the answer is lost', async () => {
    const { url, close } = await startReceiver((response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy())
    })
    await makeWebhookChannel({ name: 'ops', url, secret }).send(messageOf(sampleAlert))
    close()
  })

  async function sent(alert: Alert) {
    const { url, received, close } = await startReceiver((response) => response.end())
    const channel = makeWebhookChannel({ name: 'ops', url, secret })
    await channel.send(messageOf(alert))
    await channel.send(messageOf(alert))
    close()
    return received.map(({ headers, body }) => ({
      body,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    }))
  }

  it.each(['ok', 'warning', 'over'] as const)(
    'signs quota.%s so that the library of Standard Webhooks accepts it',
    async (to) => {
      const alert = { ...sampleAlert, to, text: 'größer als & <erlaubt>' }
      for (const { headers, body } of await sent(alert))
        expect(new Webhook(secret).verify(body, headers)).toEqual(
          eventOf(`quota.${to}`, 'ci/team-a/app', alert),
        )
    },
  )

  it('signs a summary as quota.summary', async () => {
    const { url, received, close } = await startReceiver((response) => response.end())
    await makeWebhookChannel({ name: 'ops', url, secret }).send(messageOfSummary(sampleSummary))
    close()
    const [{ headers, body } = { headers: {}, body: '' }] = received
    const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    expect(new Webhook(secret).verify(body, texts)).toEqual(
      eventOf('quota.summary', sampleSummary.id, sampleSummary),
    )
    expect(texts['webhook-id']).toBe(sampleSummary.id)
  })

  it('names what an alert about expiry is about, and signs its summary as expiry.summary', async () => {
    const [{ body } = { body: '' }] = await sent(expiryAlert)
    expect(JSON.parse(body)).toEqual(
      eventOf('expiry.notice', 'ci/team-a/app expiry.notice pull-requests', expiryAlert),
    )
    const { url, received, close } = await startReceiver((response) => response.end())
    await makeWebhookChannel({ name: 'ops', url, secret }).send(
      messageOfSummary({ ...sampleSummary, topic: 'expiry' }),
    )
    close()
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'tallyman.expiry.summary' })
  })

  it('names what an alert about a registry is about', async () => {
    const [{ body } = { body: '' }] = await sent(registryAlert)
    expect(JSON.parse(body)).toEqual(eventOf('reconcile.held', 'ci reconcile.held', registryAlert))
  })

  it('has the same id in each attempt', async () => {
    const ids = (await sent(sampleAlert)).map(({ headers }) => headers['webhook-id'])
    expect(ids).toEqual([sampleAlert.id, sampleAlert.id])
  })

  it('does not verify with another secret, id or body', async () => {
    const [{ headers, body } = { headers: {}, body: '' }] = await sent(sampleAlert)
    const verify = (key: string, changed: Record<string, string>, payload: string) => () =>
      new Webhook(key).verify(payload, { ...headers, ...changed })
    expect(verify(secret, {}, body)).not.toThrow()
    expect(verify('whsec_b3RoZXI=', {}, body)).toThrow('No matching signature')
    expect(verify(secret, { 'webhook-id': 'alert_02' }, body)).toThrow('No matching signature')
    expect(verify(secret, {}, body.replace('team-a', 'team-b'))).toThrow('No matching signature')
  })

  it.each(['', 'whsec_', 'whsec_not base64!'])('refuses the secret %j', (wrong) => {
    expect(() => makeWebhookChannel({ name: 'ops', url: 'https://x/', secret: wrong })).toThrow(
      'channel ops: its secret is not base64, with or without whsec_ before it',
    )
  })
})
