import { setTimeout as sleep } from 'node:timers/promises'
import { type LabImage, makeBuildKitCache, makeImage, makeIndex, signatureTag } from '../lab/image.ts'
import { pushImage } from '../lab/push-image.ts'
import type { LabRegistry } from '../lab/registry.ts'
import { skopeoDelete, skopeoPull, skopeoPush } from '../lab/skopeo.ts'
import { formatSize } from '../src/platform/units.ts'
import type { RegistryClient } from '../src/registry/client.ts'
import {
  type Alert,
  type Api,
  type Collection,
  type Project,
  type Receipt,
  type Restored,
  until,
} from './api.ts'
import type { Line, Past } from './past.ts'
import type { Signer } from './signing.ts'
import { LAYERS, TEAMS } from './teams.ts'

const KiB = 1024
const { debian: BASE, node: RUNTIME } = LAYERS
const appImage = (seed: string, kib: number, architecture = 'amd64') =>
  makeImage({ layers: [BASE, RUNTIME, { seed, bytes: kib * KiB }], architecture, label: seed })

/** The layer of a pull request's own. */
const PULL_REQUEST_KIB = 1000

/** The made-up line of a project. That of data/etl has grown by the same each day. */
function lineOf({ id }: Project): Line {
  const team = TEAMS.find(({ project }) => id === `ci/${project}`)
  return team?.line ?? { shape: id === 'ci/shop/web' ? 'sawtooth' : 'steady', from: 0.7, days: 120 }
}

/** What the story knows at its end that the API does not list. */
export interface Told {
  restored: Restored
  collected: Collection
}

const modelImage = (build: number, kib: number) =>
  makeImage({ layers: [BASE, LAYERS.python, { seed: `nightly-${build}`, bytes: kib * KiB }] })
const gatewayImage = () =>
  makeImage({ layers: [BASE, LAYERS.jvm, { seed: 'gateway-2.4.0', bytes: 400 * KiB }] })
const sum = (projects: readonly Project[]): number =>
  projects.reduce((bytes, { uniqueBytes }) => bytes + uniqueBytes, 0)

/** Begins an upload as a client does, and does not end it. */
async function leaveUpload(url: string, bytes: number): Promise<void> {
  const begun = await fetch(url, { method: 'POST' })
  const at = begun.headers.get('location') ?? ''
  const sent = await fetch(at, { method: 'PATCH', body: Buffer.alloc(bytes) })
  if (sent.status !== 202) throw new Error(`${url} answered ${sent.status} to an upload`)
}

/** Plays the story. Each act waits until the API shows its effects. */
export async function play(options: {
  ci: LabRegistry
  ciClient: RegistryClient
  productionClient: RegistryClient
  signer: Signer
  api: Api
  past: Past
  act: (title: string) => void
  say: (line: string) => void
}): Promise<Told> {
  const { ci, ciClient, productionClient, signer, api, past, act, say } = options
  const push = async (image: ReturnType<typeof makeImage>, name: string) => {
    await skopeoPush(image, `${ci.host}/${name}`)
    say(`pushed ${name}`)
  }
  const flagIs = (id: string, flag: string) =>
    until(
      `${id} to be ${flag}`,
      () => api.project(id),
      (project) => project.flag === flag,
    )

  act('Ten teams have filled the registry before: Tallyman reads what it holds')
  await until('the registry to be read', () => api.isRead('ci'), Boolean)
  const before = await api.projects()
  say(`${before.length} projects are in the index, with ${formatSize(sum(before))}`)

  act('Teams push: shared layers, a multi-arch image, a build cache')
  await push(appImage('web-1', 300), 'shop/web:main')
  const [amd64, arm64] = [appImage('web-2', 300), appImage('web-2-arm', 300, 'arm64')]
  await push(
    makeIndex([
      { image: amd64, architecture: 'amd64' },
      { image: arm64, architecture: 'arm64' },
    ]),
    'shop/web:edge',
  )
  await pushImage(
    ciClient,
    'shop/web',
    'buildcache',
    makeBuildKitCache([{ seed: 'cache', bytes: 400 * KiB }]),
  )
  say('pushed shop/web:buildcache, whose index lists layers and no manifests')
  // The tag moves: the image that had it has none any more.
  for (const [build, kib] of [1400, 1700].entries())
    await pushImage(ciClient, 'ml/models/ranker', 'nightly', modelImage(build, kib))
  say('pushed ml/models/ranker:nightly twice; the first one is untagged now')
  const release = appImage('api-1', 500)
  await push(release, 'shop/api:main')
  await push(makeImage({ layers: [BASE, { seed: 'etl', bytes: 700 * KiB }] }), 'data/etl:nightly')
  const web = await until(
    'the first pushes in the index',
    () => api.project('ci/shop/web'),
    (p) => p.manifests === 5,
  )
  say(
    `shop/web uses ${formatSize(web.uniqueBytes)}; without shared layers it would be ${formatSize(web.referencedBytes)}`,
  )

  act('The past of all projects is made up: a story of half a minute has none')
  for (const team of TEAMS) {
    const project = await api.project(`ci/${team.project}`)
    await past.draw(project, lineOf(project))
    await past.use(team)
  }

  act(
    'data/etl has grown for six weeks (made up, too): a forecast says when its quota is full, and somebody gives it more for a while',
  )
  await alerted('the warning', ({ project, to }) => project === 'data/etl' && to === 'warning')
  await past.growTo(await api.project('ci/data/etl'), 42, 40 * KiB)
  await past.sample()
  await alerted('the forecast', ({ project, to }) => project === 'data/etl' && to === undefined)
  await api.setQuota('ci/data/etl', {
    ...{ limit: '6MiB', for: '7d', by: 'operations', why: 'until the old datasets are moved' },
  })
  await alerted('the end of the warning', ({ project, to }) => project === 'data/etl' && to === 'ok')

  act('A tag moves, images are pulled, one is deleted by hand')
  await push(appImage('api-2', 500), 'shop/api:main')
  await push(release, 'shop/api:stable')
  await skopeoPull(`${ci.host}/shop/api:stable`)
  await push(appImage('mistake', 200), 'shop/api:oops')
  await skopeoDelete(`${ci.host}/shop/api:oops`)
  say('pulled shop/api:stable; pushed and deleted shop/api:oops')

  act('The registry collects its garbage, which frees what was deleted: pushes wait meanwhile')
  await untilIndexed()
  const { collection } = await api.collect('ci')
  const collected = await until(
    'the collection to end',
    () => api.collection('ci', collection),
    ({ endedAt }) => endedAt !== null,
  )
  say(
    `collected: ${collected.outcome}, ${formatSize(collected.freed?.bytes ?? 0)} freed; pushes waited ${collected.pauseMs} ms`,
  )

  act('A release is tagged v1.0.0: it waits at the gate of production until the release team signs it')
  await push(release, 'shop/api:v1.0.0')
  const [held] = await until('the promotion at its gate', api.waiting, (all) =>
    all.some(({ why }) => why?.startsWith('at a gate')),
  )
  say(`${held?.image} is not promoted yet: it waits ${held?.why}`)
  await sign(release)
  sayPromoted(await promoted(release))

  act('v1.1.0 is signed first and promoted at once; it is bad, and one command takes it back')
  const bad = appImage('api-2', 500)
  await sign(bad)
  await push(bad, 'shop/api:v1.1.0')
  const receipt = await promoted(bad)
  sayPromoted(receipt)
  await api.rollBack(receipt.id)
  const tags = await Array.fromAsync(productionClient.tags(receipt.to.repository))
  say(`rolled back; tags in production: ${tags.filter((tag) => !tag.startsWith('sha256-')).join(', ')}`)

  act('Payments has another rule: v2.4.0 waits until somebody approves it. That is left to you')
  await pushImage(ciClient, 'payments/gateway', 'v2.4.0', gatewayImage())
  const asked = await until('the promotion at its gate', api.waiting, (all) =>
    all.some(
      ({ image, why }) => image === 'ci/payments/gateway:v2.4.0' && why?.startsWith('at a gate') === true,
    ),
  )
  for (const { image, why } of asked) say(`${image} waits ${why}`)

  act('Pull requests fill shop/web: 80 %, then 100 % of its 8 MiB')
  let built = 0
  const nextPullRequest = async () =>
    push(appImage(`pr-${++built}`, PULL_REQUEST_KIB), `shop/web:pr-${built}`)
  while ((await usageShare()) < 0.8) await nextPullRequest()
  await flagIs('ci/shop/web', 'warning')
  while ((await usageShare()) <= 1) await nextPullRequest()
  await flagIs('ci/shop/web', 'over')

  act('Testers tag the image of pr-1 as qa: now it has a tag that expires, and one that stays')
  await push(appImage('pr-1', PULL_REQUEST_KIB), 'shop/web:qa')

  act(
    'The collection has started ci again: a reconcile makes sure that no event is missing, or nothing expires',
  )
  await untilIndexed()
  await api.reconcile('ci')
  await until(
    'the index to be exact',
    () => api.gaps('ci'),
    (gaps) => gaps === 0,
  )

  act('The policy for pr-* images: first its plan, with a reason for each image')
  await sleep(2_100) // `olderThan` of the policy
  const plan = await until(
    'the plan',
    () => api.plan('pull-requests'),
    (all) =>
      all.filter((d) => d.verdict === 'delete').length === built - 2 &&
      all.filter((d) => d.verdict === 'untag').length === 1,
  )
  for (const { repository, digest, tags, verdict, reason } of plan.filter(
    (one) => one.repository === 'shop/web',
  ))
    say(
      `${verdict.padEnd(6)} ${`${repository}:${tags[0] ?? digest.slice(7, 19)}`.slice(0, 30).padEnd(30)} ${reason}`,
    )

  act('The policy runs: the images of old pull requests go, and of pr-1 the tag alone')
  const { run: id } = await api.expire('pull-requests')
  const run = await until(
    'the run to end',
    () => api.run(id),
    ({ state }) => state === 'done',
  )
  for (const { repository, tags, untag, outcome } of await api.deletes(run))
    say(`${outcome} ${repository}:${(untag ?? tags).join(', ')}`)
  await skopeoPull(`${ci.host}/shop/web:qa`)
  say('pulled shop/web:qa, whose image stayed')
  await flagIs('ci/shop/web', 'ok')
  await alerted('that all is well', ({ project, to }) => project === 'shop/web' && to === 'ok')

  act('Somebody still needs pr-2: it comes back from the trash')
  const restored = await api.restore('ci/shop/web:pr-2')
  await skopeoPull(`${ci.host}/shop/web:pr-2`)
  say(`restored and pulled shop/web:pr-2 by digest ${restored.digest.slice(0, 19)}…`)
  await untilIndexed()

  act('The made-up past of shop and of the registry leads to what they hold now; Tallyman takes its samples')
  const projects = await api.projects()
  for (const project of projects.filter(({ id }) => id.startsWith('ci/shop/')))
    await past.draw(project, lineOf(project))
  await past.drawRegistry(
    'ci',
    projects.map((project) => [project, lineOf(project)]),
  )
  await past.sample()
  await until('the end of the forecast for data/etl', api.alerts, (all) =>
    all.some(({ project, text }) => project === 'data/etl' && text.includes('is not about to pass')),
  )

  act('A push that breaks off leaves an upload behind; Tallyman surveys what is on the disk')
  await leaveUpload(`${ci.url}/v2/data/etl/blobs/uploads/`, 300 * KiB)
  const surveyedFrom = Date.now()
  await api.survey('ci')
  const { total, collectable } = await until(
    'the survey',
    () => api.storage('ci'),
    ({ at }) => Date.parse(at) >= surveyedFrom,
  )
  say(`${formatSize(total.bytes)} are on the disk; a collection would free ${formatSize(collectable.bytes)}`)
  return { restored, collected }

  /** Signs an image as `cosign sign` does. */
  async function sign({ root: { digest } }: LabImage): Promise<void> {
    const signature = signer.signatureOf({ name: `${ci.host}/shop/api`, digest })
    await pushImage(ciClient, 'shop/api', signatureTag(digest), signature)
    say(`the release team signed shop/api@${digest.slice(0, 19)}…`)
  }

  /** Resolves once every channel has an alert. */
  async function alerted(what: string, isIt: (alert: Alert) => boolean): Promise<void> {
    const [alert] = (await until(what, api.alerts, (alerts) => alerts.some(isIt))).filter(isIt)
    await until(
      `the channels to have ${what}`,
      api.deliveries,
      (all) =>
        all.filter(({ message, result }) => message === alert?.id && result === 'accepted').length === 3,
    )
  }

  async function promoted({ root: { digest } }: LabImage): Promise<Receipt> {
    const find = (receipts: Receipt[]) => receipts.find((receipt) => receipt.digest === digest)
    const receipt = find(await until('the promotion', api.receipts, (all) => find(all) !== undefined))
    if (receipt === undefined) throw new Error('a receipt is gone')
    return receipt
  }

  function sayPromoted({ to, digest = '', gates, tags }: Receipt): void {
    say(`promoted to ${to.registry}/${to.repository}:${to.tag} by digest ${digest.slice(0, 19)}…`)
    for (const { gate, why } of gates) say(`the gate "${gate}" was open: ${why}`)
    for (const { tag } of tags) say(`its signature came along: ${tag.slice(0, 19)}….sig`)
  }

  /** How much of its quota shop/web uses, with everything that was pushed. */
  async function usageShare(): Promise<number> {
    await untilIndexed()
    const { uniqueBytes, limitBytes } = await api.project('ci/shop/web')
    return uniqueBytes / (limitBytes ?? 1)
  }

  /** Resolves once every event of the registry is in the index. */
  async function untilIndexed(): Promise<void> {
    await ci.untilDelivered()
    await until('the events to be indexed', api.eventJobs, (count) => count === 0)
  }
}
