import { afterEach, describe, expect, it } from 'vitest'
import { hasAlertmanager, startAlertmanager } from '../../../lab/alertmanager.ts'
import { freePort } from '../../../lab/ports.ts'
import { eventually } from '../../../lab/tallyman.ts'
import { makeAlertmanagerChannel } from '../../../src/alerts/channels/alertmanager.ts'
import type { Message, Severity } from '../../../src/alerts/message.ts'
import { messageOf } from '../../../src/alerts/message-of.ts'
import { hostileMessages, OWN_LINK } from '../hostile-messages.ts'
import { type Received, startReceiver } from '../receiver.ts'
import { expiryAlert, registryAlert, sampleAlert, sampleMessage } from '../sample-alert.ts'
import { failureOf } from './contract.ts'
import { httpChannelContract } from './http-contract.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const open = (...urls: string[]) => makeAlertmanagerChannel({ name: 'ops', urls })

/** What is wrong by the API's schema, and what a chat behind the Alertmanager would act on. */
function faults({ body }: Received): string[] {
  const alerts: { labels: object; annotations: object; endsAt: string }[] = JSON.parse(body)
  return alerts.flatMap(({ labels, annotations, endsAt }) => {
    const names = Object.keys({ ...labels, ...annotations }).filter(
      (name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name),
    )
    const texts = Object.values({ ...labels, ...annotations })
    const acted =
      Object.values(annotations)
        .join('\n')
        .replaceAll(OWN_LINK, '')
        .match(/https?:\/\/|www\.|@\w+/g) ?? []
    return [
      ...names.map((name) => `the name ${name}`),
      ...texts.filter((text) => typeof text !== 'string' || text === '' || !text.isWellFormed()).map(String),
      ...acted,
      ...(Number.isNaN(Date.parse(endsAt)) ? [`the time ${endsAt}`] : []),
    ]
  })
}

describe('a channel of alerts for an Alertmanager', () => {
  httpChannelContract({ open, faults })

  it.each([
    ['a state, such as a quota', sampleMessage, '2027-06-05T11:00:00.000Z'],
    [
      'a queue that grows',
      messageOf({ ...registryAlert, event: 'deliveries.growing' }),
      '2027-06-05T11:00:00.000Z',
    ],
    [
      'events that were lost',
      messageOf({ ...registryAlert, event: 'deliveries.lost' }),
      '2026-05-02T11:00:00.000Z',
    ],
    ['what nothing resolves', messageOf(expiryAlert), '2026-05-02T11:00:00.000Z'],
  ])('says until when %s fires if nothing else comes', async (_, message, endsAt) => {
    const { url, received, close } = await startReceiver((response) => response.end())
    closing.push(close)
    const now = () => Date.parse(message.at) + 3_600_000
    await makeAlertmanagerChannel({ name: 'ops', urls: [url], now }).send(message)
    expect(received[0]?.path).toBe('/services/s3cret/api/v2/alerts')
    const alerts = JSON.parse(received[0]?.body ?? '')
    const firing = alerts.filter(({ startsAt }: { startsAt?: string }) => startsAt !== undefined)
    expect(firing).toMatchObject([{ startsAt: message.at, endsAt }])
  })

  it('shows a proxy in front who it is', async () => {
    const { url, received, close } = await startReceiver((response) => response.end('{}'))
    closing.push(close)
    const channel = makeAlertmanagerChannel({ name: 'ops', urls: [url], authorization: 'Basic dTpwdw==' })
    await channel.send(sampleMessage)
    await channel.check?.ask()
    expect(received.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/services/s3cret/api/v2/alerts', 'Basic dTpwdw=='],
      ['/services/s3cret/api/v2/status', 'Basic dTpwdw=='],
    ])
  })

  it('tells all members of a cluster, and is content if one of them takes it', async () => {
    const members = await Promise.all(
      [200, 200, 503].map((status) => startReceiver((r) => r.writeHead(status).end())),
    )
    for (const { close } of members) closing.push(close)
    const down = `http://127.0.0.1:${await freePort()}`
    await open(down, ...members.map(({ url }) => url)).send(sampleMessage)
    expect(members.map(({ received }) => received.length)).toEqual([1, 1, 1])
    expect(await failureOf(open(down, members[2]?.url ?? ''))).toMatchObject({ retry: true })
  })
})

// Left out only where there is no Alertmanager: `npm test` installs Debian's.
describe.skipIf(!hasAlertmanager)('a channel of alerts, at a real Alertmanager', () => {
  async function start() {
    const hook = await startReceiver((response) => response.end())
    closing.push(hook.close)
    const alertmanager = await startAlertmanager(hook.url)
    closing.push(alertmanager.close)
    const channel = open(alertmanager.url)
    expect(await channel.check?.ask()).toBe('the state of the cluster: disabled')
    const notified = () =>
      hook.received
        .flatMap(({ body }) => JSON.parse(body).alerts as { status: string; labels: { severity: string } }[])
        .map(({ status, labels }) => `${labels.severity} ${status}`)
    const untilNotified = (what: string) => eventually(async () => notified().includes(what), Boolean)
    const firing = async () => (await alertmanager.active()).map(({ labels }) => labels.severity)
    return { channel, alertmanager, notified, untilNotified, firing }
  }

  const now = (message: Message, severity: Severity) => ({
    ...message,
    severity,
    at: new Date().toISOString(),
  })

  it('fires, changes its severity and is resolved, and tells each once', async () => {
    const { channel, alertmanager, notified, untilNotified, firing } = await start()
    await channel.send(now(sampleMessage, 'warning'))
    await untilNotified('warning firing')
    expect(await alertmanager.active()).toMatchObject([
      {
        labels: {
          alertname: 'TallymanQuota',
          registry: 'ci',
          project: sampleAlert.project,
          subject: `ci/${sampleAlert.project}`,
          severity: 'warning',
        },
        annotations: { summary: sampleMessage.text, description: expect.stringContaining('Usage: 41.0 GiB') },
      },
    ])
    await channel.send(now(sampleMessage, 'critical'))
    await untilNotified('critical firing')
    await untilNotified('warning resolved')
    expect(await firing()).toEqual(['critical'])
    await channel.send(now(sampleMessage, 'resolved'))
    await untilNotified('critical resolved')
    expect(await firing()).toEqual([])
    expect(notified().filter((one) => one.startsWith('info'))).toEqual([])
    expect(notified().filter((one) => one === 'critical firing')).toHaveLength(1)
  })

  it('is resolved also if its clock is two minutes behind ours', async () => {
    const { channel, untilNotified, firing } = await start()
    const ahead = { ...sampleMessage, at: new Date(Date.now() + 120_000).toISOString() }
    await channel.send(now(sampleMessage, 'critical'))
    await untilNotified('critical firing')
    await channel.send({ ...ahead, severity: 'resolved' })
    await untilNotified('critical resolved')
    expect(await firing()).toEqual([])
  })

  it('that is sent twice is one alert', async () => {
    const { channel, firing } = await start()
    const message = now(sampleMessage, 'critical')
    await channel.send(message)
    await channel.send(message)
    expect(await firing()).toEqual(['critical'])
  })

  it('takes hostile texts', async () => {
    const { channel, firing } = await start()
    for (const [, message] of hostileMessages) await channel.send(now(message, 'critical'))
    // Two of the texts are empty, and two subjects begin alike.
    expect((await firing()).length).toBeGreaterThanOrEqual(hostileMessages.length - 2)
  })
})
