import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeAnnounce } from '../../src/alerts/announce.ts'
import { makeBoxes } from '../../src/alerts/boxes.ts'
import type { Channel } from '../../src/alerts/channel.ts'
import { ChannelError } from '../../src/alerts/channel-error.ts'
import { makeDeliver } from '../../src/alerts/deliver.ts'
import { makeDeliveries } from '../../src/alerts/deliveries.ts'
import { digestOf } from '../../src/alerts/digest.ts'
import { makeGather } from '../../src/alerts/gather.ts'
import { makeLines } from '../../src/alerts/lines.ts'
import { makeNewestAlerts } from '../../src/alerts/newest-alerts.ts'
import { makeRoutes } from '../../src/alerts/routes.ts'
import { makeSnoozes } from '../../src/alerts/snoozes.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { type Alert, AlertRecord } from '../../src/queue/alert.ts'
import { jobId } from '../../src/queue/job-id.ts'
import type { Jobs } from '../../src/queue/jobs.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { type Journal, makeJournal } from '../../src/store/journal.ts'
import { registryAlert, sampleAlert } from './sample-alert.ts'

const bed = useRedis()
let queues: Queues
let folder: string
/** Runs the jobs that empty boxes. */
let emptyBoxes: () => Promise<void>
beforeEach(async () => {
  queues = makeQueues(bed.redis, 't')
  folder = await mkdtemp(join(tmpdir(), 'tallyman-announce-'))
})
afterEach(async () => {
  await bed.redis.config('SET', 'maxmemory', '0')
  await closeQueues(queues)
  await rm(folder, { recursive: true })
})

const TEAM_A = { ...sampleAlert, id: 'alert_a', project: 'team-a/app' }
const TEAM_B = { ...sampleAlert, id: 'alert_b', project: 'team-b/app' }

/** A channel that stores alerts, or throws `failure`. */
function makeFakeChannel(name: string, failure?: Error) {
  const sent: Alert[] = []
  const channel: Channel = {
    name,
    async send({ data }) {
      if (failure !== undefined) throw failure
      if ('registry' in data) sent.push(data)
    },
  }
  return { channel, sent }
}

function setUp({
  journal,
  without = [],
}: {
  journal?: (real: Journal<Alert>) => Journal<Alert>
  without?: string[]
} = {}) {
  const real = makeJournal({
    store: makeFolderStore({ path: folder }),
    kind: 'alerts',
    schema: AlertRecord,
    onUnreadable: (_, error) => {
      throw error
    },
  })
  const metrics = makeMetrics()
  const { log, lines: logged } = keepLines()
  const down = new ChannelError('down', { channel: 'down', status: 503, retry: true })
  const fakes = {
    everyone: makeFakeChannel('everyone'),
    'team-a': makeFakeChannel('team-a'),
    'some teams': makeFakeChannel('some teams'),
    nobody: makeFakeChannel('nobody'),
    down: makeFakeChannel('down', down),
  }
  const projects = {
    everyone: ['**'],
    'team-a': ['ci/team-a/*'],
    'some teams': ['ci/team-b/**', 'ci/team-c/**'],
    nobody: [],
    down: ['dev/**'],
  }
  const routes = makeRoutes(
    (['everyone', 'team-a', 'some teams', 'nobody', 'down'] as const)
      .filter((name) => !without.includes(name))
      .map((name) => ({
        channel: fakes[name].channel,
        ...{ projects: projects[name], kinds: ['*'], severity: 'info' },
      })),
  )
  const redis = { redis: bed.redis, prefix: 't' }
  const lines = makeLines(redis)
  const deliveries = makeDeliveries(redis)
  const gather = makeGather({
    ...{ snoozes: makeSnoozes(redis), deliveries },
    queues,
    lines,
    boxes: makeBoxes(redis),
    newestAlerts: makeNewestAlerts(redis),
    gatherMs: () => 0,
    isFilling: async () => false,
  })
  const { announce: run } = makeAnnounce({
    routes: () => routes,
    ...{ log, journal: journal?.(real) ?? real, gather },
    deliver: makeDeliver({ queues, lines, deliveries, metrics, log }),
  })
  const announce = (data: Jobs['alerts']) => run(data, { id: idOf(data), attempt: 1 })
  emptyBoxes = async () => {
    for (const { data } of await jobs()) if (data.kind === 'gathered') await announce(data)
  }
  const sentTo = () =>
    Object.fromEntries(Object.entries(fakes).map(([name, { sent }]) => [name, sent.map(({ id }) => id)]))
  const counted = async () => (await metrics.alertMessages.get()).values
  return { announce, gather, journal: real, sentTo, counted, fakes, lines: logged, deliveries }
}

/** The id of the job, as it is queued. */
const idOf = (data: Jobs['alerts']): string =>
  data.kind === 'deliver' ? jobId('deliver', data.alert.id, data.channel) : jobId(JSON.stringify(data))

const jobs = () => queues.alerts.getJobs(['waiting'])
/** `channel alert` of each delivery that is queued once the boxes are emptied. */
async function deliveries() {
  await emptyBoxes()
  return (await jobs())
    .flatMap(({ data }) => (data.kind === 'deliver' ? `${data.channel} ${data.alert.id}` : []))
    .sort()
}

describe('an announcement', () => {
  test('is recorded, and queues a delivery for each channel of its project and for no other', async () => {
    const { announce, journal, sentTo } = setUp()
    await announce({ kind: 'announce', alert: TEAM_A })
    expect(await deliveries()).toEqual(['everyone alert_a', 'team-a alert_a'])
    await announce({ kind: 'announce', alert: TEAM_B })
    expect(await deliveries()).toEqual([
      'everyone alert_a',
      'everyone alert_b',
      'some teams alert_b',
      'team-a alert_a',
    ])
    expect(await journal.recent(5)).toEqual([TEAM_A, TEAM_B])
    for (const { data } of await jobs())
      if (data.kind === 'deliver') expect([TEAM_A, TEAM_B]).toContainEqual(data.alert)
    // Only deliveries send.
    expect(Object.values(sentTo()).flat()).toEqual([])
  })

  test('chooses channels by registry and path', async () => {
    const { announce } = setUp()
    await announce({ kind: 'announce', alert: { ...TEAM_A, registry: 'dev' } })
    expect(await deliveries()).toEqual(['down alert_a', 'everyone alert_a'])
  })

  test('about a registry goes to each channel that gets alerts about one of its projects', async () => {
    const { announce, journal } = setUp()
    const alert = { ...registryAlert, id: 'held' }
    await announce({ kind: 'announce', alert })
    expect(await deliveries()).toEqual(['everyone held', 'some teams held', 'team-a held'])
    expect(await journal.recent(5)).toEqual([alert])
  })

  test('that runs twice is recorded once and queues each delivery once', async () => {
    const { announce, journal } = setUp()
    await announce({ kind: 'announce', alert: TEAM_A })
    await emptyBoxes()
    const before = (await jobs()).map(({ id }) => id).sort()
    await announce({ kind: 'announce', alert: TEAM_A })
    expect((await jobs()).map(({ id }) => id).sort()).toEqual(before)
    expect(await deliveries()).toEqual(['everyone alert_a', 'team-a alert_a'])
    expect(await journal.recent(5)).toEqual([TEAM_A])
  })

  test('queues no delivery until it is recorded', async () => {
    let isFull = true
    const { announce, journal } = setUp({
      journal: (real) => ({
        ...real,
        append: (alert) => (isFull ? Promise.reject(new Error('ENOSPC')) : real.append(alert)),
      }),
    })
    await expect(announce({ kind: 'announce', alert: TEAM_A })).rejects.toThrow('ENOSPC')
    expect(await deliveries()).toEqual([])
    isFull = false
    await announce({ kind: 'announce', alert: TEAM_A })
    expect(await deliveries()).toEqual(['everyone alert_a', 'team-a alert_a'])
    expect(await journal.recent(5)).toEqual([TEAM_A])
  })

  test('fails if Redis refuses writes, and queues its deliveries the next time', async () => {
    const { announce } = setUp()
    // Redis refuses writes with OOM.
    await bed.redis.config('SET', 'maxmemory', '1')
    await expect(announce({ kind: 'announce', alert: TEAM_A })).rejects.toThrow('OOM')
    await bed.redis.config('SET', 'maxmemory', '0')
    await announce({ kind: 'announce', alert: TEAM_A })
    expect(await deliveries()).toEqual(['everyone alert_a', 'team-a alert_a'])
  })

  test('that fails after the first channel queues the other deliveries the next time', async () => {
    const { announce } = setUp()
    const add = queues.alerts.add.bind(queues.alerts)
    let calls = 0
    queues.alerts.add = (...args) => {
      calls += 1
      return calls === 2 ? Promise.reject(new Error('connection lost')) : add(...args)
    }
    await expect(announce({ kind: 'announce', alert: TEAM_A })).rejects.toThrow('connection lost')
    expect(await deliveries()).toEqual(['everyone alert_a'])
    await announce({ kind: 'announce', alert: TEAM_A })
    expect(await deliveries()).toEqual(['everyone alert_a', 'team-a alert_a'])
  })
})

describe('a delivery', () => {
  test('is sent to its channel and to no other, and counted', async () => {
    const { announce, sentTo, counted, journal, lines } = setUp()
    await announce({ kind: 'deliver', alert: TEAM_A, channel: 'team-a' })
    expect(sentTo()).toEqual({
      ...{ everyone: [], 'team-a': ['alert_a'], 'some teams': [], nobody: [], down: [] },
    })
    expect(await counted()).toEqual([{ labels: { channel: 'team-a', result: 'accepted' }, value: 1 }])
    expect(await jobs()).toEqual([])
    expect(await journal.recent(5)).toEqual([])
    const { to, used, limit } = sampleAlert
    expect(lines).toMatchObject([
      { level: 'info', channel: 'team-a', alert: 'alert_a', registry: 'ci', to, used, limit },
    ])
    expect(lines[0]?.msg).toMatch(
      /^alert sent to team-a: ci\/team-a\/\S+ is (ok|warning|over), [\d.]+ \w+ of /,
    )
  })

  test('that the channel does not accept fails, is counted so, and is not logged as sent', async () => {
    const { announce, counted, lines } = setUp()
    const delivering = announce({ kind: 'deliver', alert: TEAM_A, channel: 'down' })
    await expect(delivering).rejects.toMatchObject({ name: 'ChannelError', channel: 'down', retry: true })
    expect(await counted()).toEqual([{ labels: { channel: 'down', result: 'failed' }, value: 1 }])
    expect(lines).toEqual([])
  })

  test('for a channel that is no longer configured ends, and the log says so', async () => {
    const { announce, sentTo, counted, lines } = setUp()
    await announce({ kind: 'deliver', alert: TEAM_A, channel: 'retired' })
    expect(Object.values(sentTo()).flat()).toEqual([])
    expect(await counted()).toEqual([])
    expect(lines).toMatchObject([
      {
        ...{ channel: 'retired', alert: 'alert_a', level: 'warn' },
        msg: expect.stringMatching(/^alert not sent: there is no channel retired/),
      },
    ])
    expect(await deliveries()).toEqual([])
  })

  describe('for a channel that was renamed', () => {
    const at = new Date().toISOString()
    const [a, b] = [
      { ...TEAM_A, at },
      { ...TEAM_B, at },
    ]

    test('goes to those that get such alerts now, and to none twice', async () => {
      const { announce: before } = setUp({ without: ['team-a'] })
      await before({ kind: 'announce', alert: a })
      expect(await deliveries()).toEqual(['everyone alert_a'])
      const { announce, lines } = setUp()
      await announce({ kind: 'deliver', alert: a, channel: 'old-team-a' })
      await announce({ kind: 'deliver', alert: a, channel: 'old-team-a' })
      expect(await deliveries()).toEqual(['everyone alert_a', 'team-a alert_a'])
      expect(lines[0]?.msg).toMatch(
        /^alert goes to everyone, team-a, unless it is there: there is no channel old-team-a any more: ci\/team-a/,
      )
    })

    test('goes there also if it waits in a box or in a digest', async () => {
      const { announce, gather } = setUp()
      await gather.join('old', a)
      await emptyBoxes()
      expect(await deliveries()).toEqual(['everyone alert_a', 'team-a alert_a'])
      const summary = digestOf('box', 'quota', [b])
      await announce({ kind: 'summary', channel: 'old', summary })
      expect(await deliveries()).toEqual(
        [...['everyone alert_a', 'everyone alert_b'], ...['some teams alert_b', 'team-a alert_a']].sort(),
      )
    })
  })
})
