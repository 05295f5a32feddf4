import { afterEach, describe, expect, it } from 'vitest'
import { makePagerDutyChannel } from '../../../src/alerts/channels/pagerduty.ts'
import type { Severity } from '../../../src/alerts/message.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { type Received, startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { httpChannelContract, lengthFaults } from './http-contract.ts'

const closing: (() => unknown)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const routingKey = `${'a1b2'.repeat(7)}s3cr`
const open = (url: string) => makePagerDutyChannel({ name: 'ops', url, routingKey })

/** What is wrong by PagerDuty's description of the API (api-schema, events-v2). */
function faults({ body, path }: Received): string[] {
  const event = JSON.parse(body)
  const { payload, links, dedup_key } = event
  const isLink = (link: Record<string, string>) => link.href === OWN_LINK && typeof link.text === 'string'
  const texts: [string, string, number][] = [
    ['summary', payload.summary, 1_024],
    ['source', payload.source, 255],
    ['dedup_key', dedup_key, 255],
  ]
  return [
    ...(path === '/services/s3cret/v2/enqueue' ? [] : [`path ${path}`]),
    ...(event.routing_key === routingKey ? [] : ['routing_key']),
    ...(event.event_action === 'trigger' ? [] : ['event_action']),
    ...(['critical', 'warning', 'info'].includes(payload.severity) ? [] : ['severity']),
    ...(Number.isNaN(Date.parse(payload.timestamp)) ? ['timestamp'] : []),
    ...(links.every(isLink) ? [] : ['links']),
    ...lengthFaults(texts),
    ...(Buffer.byteLength(body) > 512 * 1024 ? ['the event has more than 512 KB'] : []),
    // The key is shown to nobody.
    ...(JSON.stringify({ ...event, dedup_key: '' })
      .replaceAll(OWN_LINK, '')
      .match(/https?:\/\/|www\.|@\w+/g) ?? []),
  ]
}

describe('a channel of PagerDuty', () => {
  httpChannelContract({ open, faults, body: () => '{"status":"success","message":"Event processed"}' })

  async function sent(...messages: Partial<typeof sampleMessage>[]) {
    const { url, received, close } = await startReceiver((response) => response.writeHead(202).end())
    closing.push(close)
    for (const message of messages) await open(url).send({ ...sampleMessage, ...message })
    return received.map(({ body }) => JSON.parse(body))
  }

  it('says what happened, where and how bad it is', async () => {
    const links = [{ text: 'More', url: OWN_LINK }]
    expect(await sent({ links })).toEqual([
      {
        ...{ routing_key: routingKey, event_action: 'trigger', dedup_key: 'tallyman ci/team-a/app' },
        ...{ client: 'Tallyman', client_url: OWN_LINK, links: [{ href: OWN_LINK, text: 'More' }] },
        payload: {
          ...{ summary: sampleMessage.text, timestamp: sampleMessage.at, severity: 'warning' },
          ...{ source: 'ci', component: 'team-a/app', class: 'quota.warning' },
          custom_details: { Usage: '41.0 GiB', Quota: '50.0 GiB', State: 'ok → warning' },
        },
      },
    ])
  })

  it('has one incident for one subject, and resolves it', async () => {
    const severities: Severity[] = ['warning', 'critical', 'resolved']
    const events = await sent(...severities.map((severity) => ({ severity })), { subject: 'ci/other' })
    expect(events.map(({ event_action, dedup_key }) => `${event_action} ${dedup_key}`)).toEqual([
      'trigger tallyman ci/team-a/app',
      'trigger tallyman ci/team-a/app',
      'resolve tallyman ci/team-a/app',
      'trigger tallyman ci/other',
    ])
  })

  it('tells long subjects apart that begin alike', async () => {
    const keys = (await sent({ subject: `${'x'.repeat(300)}a` }, { subject: `${'x'.repeat(300)}b` })).map(
      ({ dedup_key }) => dedup_key,
    )
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(255)
  })
})
