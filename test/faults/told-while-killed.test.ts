import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, test } from 'vitest'
import { deliver } from '../../lab/event-source.ts'
import { digestOf } from '../../lab/image.ts'
import type { Started } from '../../lab/process.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { READ_TOKEN } from '../../lab/tallyman.ts'
import { type Received, startReceiver } from '../alerts/receiver.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const PROJECTS = Array.from({ length: 24 }, (_, n) => `team-${n}`)
/** Kills: at any time, or when one of the receivers has got something and not answered yet. */
const KILLS = [
  ...(['at any time', 'channel', 'event', 'at any time', 'alertmanager', 'channel'] as const),
  ...(['at any time', 'event', 'channel'] as const),
]
const SECRET = `whsec_${Buffer.from('a secret of twenty-four.').toString('base64')}`

/** The size of the only image of a project with this flag, in bytes. The quota is 1 MiB, and warns from 80 % on. */
const SIZES = { ok: 300_000, warning: 900_000, over: 2_000_000 }
type Flag = keyof typeof SIZES
const FLAGS = Object.keys(SIZES) as Flag[]

/** What a receiver has accepted, also if the sender died before it knew. */
interface Accepted {
  id: string
  project: string
  /** When the change happened, epoch ms. */
  at: number
  to: Flag
  from?: Flag
  /** How many kills were over by then. */
  kills: number
}

test('flags change while what tells of them is killed again and again: nothing is lost, the newest comes last, and nothing is repeated without a kill', async () => {
  const redis = await startRedis()
  closers.push(redis.close)
  let kills = 0
  let isCalm = false
  let killOnNext: Exclude<(typeof KILLS)[number], 'at any time'> | undefined
  let worker: Started | undefined
  let killing: Promise<void> | undefined

  /** Kills the service. What it had sent arrives a moment later. A second kill waits for the first one. */
  const kill = () => {
    killing ??= (async () => {
      await worker?.stop('SIGKILL')
      await sleep(500)
      kills++
      worker = await service.startWorker('events', 'quota', 'alerts', 'outgoing')
      killing = undefined
    })()
    return killing
  }

  /** A receiver that is fine, asks to wait, fails, is slow, or sees its sender die. */
  async function startOdd(
    name: typeof killOnNext,
    acceptedOf: (request: Received) => Omit<Accepted, 'kills'>,
  ) {
    const accepted: Accepted[] = []
    const receiver = await startReceiver(async (response, request) => {
      const draw = isCalm ? 0 : randomInt(10)
      if (draw === 9) return void response.writeHead(429, { 'retry-after': '1' }).end()
      if (draw === 8) return void response.writeHead(503).end()
      accepted.push({ ...acceptedOf(request), kills })
      if (!isCalm && killOnNext === name) {
        killOnNext = undefined
        await kill()
      } else if (draw === 7) await sleep(1_000)
      response.end()
    })
    closers.push(receiver.close)
    return { accepted, url: receiver.url }
  }
  const channel = await startOdd('channel', ({ body }) => ofEvent(JSON.parse(body)))
  const alertmanager = await startOdd('alertmanager', ({ body }) => ofAlertmanager(JSON.parse(body)))
  const events = await startOdd('event', ({ body, headers }) => {
    const all = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]))
    return ofEvent(new Webhook(SECRET).verify(body, all) as Event)
  })

  const service = await makeService({
    redisUrl: redis.url,
    config: {
      quotas: [{ project: '**', limit: '1MiB', warnAt: ['80%'] }],
      alerts: {
        gather: '1s',
        channels: [
          ...PROJECTS.map((name) => ({
            ...{ name, type: 'webhook', url: channel.url, secret: SECRET, projects: [`ci/${name}`] },
          })),
          { name: 'all', type: 'alertmanager', urls: [alertmanager.url] },
        ],
      },
      events: { webhooks: [{ name: 'all', url: events.url, secret: SECRET }] },
    },
  })
  closers.push(service.close)
  await service.startApi()
  worker = await service.startWorker('events', 'quota', 'alerts', 'outgoing')
  const get = async (path: string) => {
    const answer = await fetch(`${service.url}/v1/${path}`, {
      headers: { authorization: `Bearer ${READ_TOKEN}` },
    })
    // biome-ignore lint/suspicious/noExplicitAny: the answers of several routes
    return answer.json() as Promise<any>
  }

  const flags = new Map<string, Flag>(PROJECTS.map((name) => [name, 'ok']))
  const change = async (project: string) => {
    const before = flags.get(project) ?? 'ok'
    const next = FLAGS.filter((flag) => flag !== before)[randomInt(2)] ?? 'ok'
    flags.set(project, next)
    const body = JSON.stringify({ events: [deleteOf(project, before), pushOf(project, next)] })
    expect(await deliver(service.url, body, 30_000)).toBe(202)
  }
  let turn = 0
  const changeNext = async () => {
    const project = PROJECTS[turn++ % PROJECTS.length] ?? ''
    for (let count = 1 + randomInt(3); count > 0; count--) {
      await change(project)
      await sleep(randomInt(400))
    }
  }
  for (const when of KILLS) {
    // The service is up and busy before it is killed.
    for (const busy = events.accepted.length + 5; events.accepted.length < busy; ) await changeNext()
    if (when === 'at any time') await kill()
    else killOnNext = when
    while (killOnNext !== undefined) await changeNext()
    await killing
  }
  isCalm = true

  const isDone = async () =>
    (await get('jobs')).queues
      .filter(({ queue }: { queue: string }) => ['events', 'quota', 'alerts', 'outgoing'].includes(queue))
      .every(
        ({ waiting, active, delayed }: Record<string, number>) =>
          waiting === 0 && active === 0 && delayed === 0,
      )
  // Jobs of a killed process wait for their locks to run out. A full box waits for five minutes.
  await expect.poll(isDone, { timeout: 500_000, interval: 200 }).toBe(true)

  const raised = [...flags].filter(([, flag]) => flag !== 'ok').map(([name, flag]) => [`ci/${name}`, flag])
  const found = (await get('flags')).flags
  expect(found.map(({ id, flag }: { id: string; flag: string }) => [id, flag]).sort()).toEqual(raised.sort())
  const journal: Accepted[] = (await get('alerts?limit=1000')).alerts
  process.stdout.write(
    `${kills} kills, ${journal.length} changes, ${channel.accepted.length} messages, ${alertmanager.accepted.length} to the Alertmanager, ${events.accepted.length} events\n`,
  )

  for (const { accepted } of [channel, alertmanager, events]) {
    // An Alertmanager has no ids: its messages are told apart by the project and the time of the change.
    const inOneLife = accepted.map(({ id, kills }) => `${id} after ${kills} kills`)
    expect(inOneLife.filter((one, n) => inOneLife.indexOf(one) !== n)).toEqual([])
  }
  for (const [name, flag] of flags) {
    const project = `ci/${name}`
    const isOf = (one: Accepted) => one.project === project
    const changes = [...new Map(events.accepted.filter(isOf).map((one) => [one.id, one])).values()].sort(
      (a, b) => a.at - b.at,
    )
    // Each change begins where the last one ended: none is missing.
    expect(changes.map(({ from }) => from)).toEqual(
      ['ok', ...changes.map(({ to }) => to)].slice(0, changes.length),
    )
    expect([project, changes.at(-1)?.to ?? 'ok']).toEqual([project, flag])
    for (const { accepted } of [channel, alertmanager]) {
      const told = accepted.filter(isOf)
      expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted((a, b) => a - b))
      expect([project, told.at(-1)?.to ?? 'ok', changes]).toEqual([project, flag, changes])
    }
  }
})

interface Event {
  id: string
  time: string
  data: { id: string; registry: string; project: string; from: Flag; to: Flag }
}
const ofEvent = ({ id, time, data }: Event): Omit<Accepted, 'kills'> => ({
  ...{ id, project: `${data.registry}/${data.project}`, at: Date.parse(time), from: data.from, to: data.to },
})

/** What an Alertmanager believes: of the alerts of a subject, one fires, or all have ended. An end is written five minutes too early. */
function ofAlertmanager(
  alerts: { labels: Record<string, string>; startsAt?: string; endsAt: string }[],
): Omit<Accepted, 'kills'> {
  const project = `${alerts[0]?.labels.registry}/${alerts[0]?.labels.project}`
  const fires = alerts.find(({ startsAt }) => startsAt !== undefined)
  const at = fires?.startsAt ? Date.parse(fires.startsAt) : Date.parse(alerts[0]?.endsAt ?? '') + 300_000
  const to = fires === undefined ? 'ok' : fires.labels.severity === 'critical' ? 'over' : 'warning'
  return { id: `${project} ${at}`, project, at, to }
}

const event = (action: string, target: object) => ({
  ...{ id: randomUUID(), timestamp: new Date().toISOString(), action, target },
})
const manifestOf = (project: string, flag: Flag) => digestOf(Buffer.from(`manifest ${project} ${flag}`))
const deleteOf = (project: string, flag: Flag) =>
  event('delete', { repository: project, digest: manifestOf(project, flag) })
const pushOf = (project: string, flag: Flag) =>
  event('push', {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500, length: 500 },
    ...{ repository: project, digest: manifestOf(project, flag), tag: flag },
    references: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        ...{ size: SIZES[flag], digest: digestOf(Buffer.from(`layer ${project} ${flag}`)) },
      },
    ],
  })
