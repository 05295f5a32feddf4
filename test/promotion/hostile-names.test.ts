import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { ADMIN_TOKEN } from '../../lab/tallyman.ts'
import { digestAt, startTrials, type Trials } from './trials-bed.ts'

/** A rule whose template makes names of what somebody pushes, of which some can be no names. */
const RULE = {
  ...{ name: 'named', settle: '1ms', when: 'request' },
  from: { registry: 'ci', repository: 'odd/app', tag: { pattern: '(.*)' } },
  to: { registry: 'production', repository: 'odd/{1}', tag: 'v' },
}
const IMPOSSIBLE = ['Upper', 'v1..2', 'a_._b']
const image = makeImage({ layers: [{ seed: 'odd', bytes: 1_000 }] })
let trials: Trials

beforeAll(async () => {
  trials = await startTrials({ rules: [RULE] })
  for (const tag of [...IMPOSSIBLE, 'zebra']) await pushImage(trials.ci.client, 'odd/app', tag, image)
  await trials.heard()
})
afterAll(() => trials?.close())

const post = (path: string, body: object) =>
  supertest(trials.tallyman.app.server).post(path).set('authorization', `Bearer ${ADMIN_TOKEN}`).send(body)

const lines = async (path: string, body: object): Promise<Record<string, string>[]> =>
  (await post(path, body).expect(200)).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('an image whose target can have no such name holds up none that is listed after it', async () => {
  for (const dryRun of [true, false]) {
    const found = await lines('/v1/promotions/existing', { rule: 'named', dryRun })
    expect(found.filter((line) => 'error' in line)).toEqual([])
    expect(found.map((line) => [line.image, line.state])).toContainEqual(['ci/odd/app:Upper', 'refused'])
    expect(found.find((line) => line.image === 'ci/odd/app:zebra')?.state).toBe(dryRun ? 'absent' : 'asked')
  }
  await trials.ended('odd/app')
  expect(await digestAt(trials.production.client, 'odd/zebra', 'v')).toBe(image.root.digest)
})

test('an audit goes on past it as well', async () => {
  const found = await lines('/v1/promotions/audit', { rule: 'named', mend: false })
  expect(found.filter((line) => 'error' in line)).toEqual([])
  expect(found.map(({ image, kind }) => [image, kind])).toContainEqual(['ci/odd/app:Upper', 'refused'])
})

test('who asks for it is told so at once', async () => {
  const { status, body } = await post('/v1/promotions', { image: 'ci/odd/app:Upper', to: 'production' })
  expect([status, body.detail]).toEqual([409, expect.stringContaining('odd/Upper')])
})
