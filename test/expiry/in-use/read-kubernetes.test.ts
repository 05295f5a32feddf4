import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LabKubernetes, startKubernetes } from '../../../lab/kubernetes.ts'
import { readKubernetes } from '../../../src/expiry/in-use/read-kubernetes.ts'

/** A small server that answers as the API of Kubernetes is documented to. No real cluster was tried. */
let cluster: LabKubernetes
let folder: string
let kubeconfig: string
beforeAll(async () => {
  cluster = await startKubernetes({ pageSize: 2 })
  folder = await mkdtemp(join(tmpdir(), 'tallyman-kubernetes-'))
  kubeconfig = join(folder, 'kubeconfig')
  await cluster.writeKubeconfig(kubeconfig)
})
beforeEach(() => {
  for (const list of [cluster.objects, cluster.failures])
    for (const key of Object.keys(list)) delete list[key]
  cluster.requests.length = 0
})
afterAll(async () => {
  await cluster?.close()
  await rm(folder, { recursive: true, force: true })
})

const DIGEST = `sha256:${'a'.repeat(64)}`
const podSpec = (...images: string[]) => ({ containers: images.map((image) => ({ name: 'c', image })) })
const pod = (name: string, ...images: string[]) => ({ metadata: { name }, spec: podSpec(...images) })
const workload = (name: string, image: string) => ({
  metadata: { name },
  spec: { replicas: 0, template: { spec: podSpec(image) } },
})

test('pods of every page are read, with the digests that run, and with init and debug containers', async () => {
  cluster.objects['/api/v1/pods'] = [
    pod('a', 'r.io/a:v1', 'r.io/sidecar:v1'),
    {
      metadata: { name: 'b' },
      spec: {
        ...podSpec('r.io/b'),
        initContainers: [{ name: 'i', image: 'r.io/init:v1' }],
        ephemeralContainers: [{ name: 'e', image: 'r.io/debug:v1' }],
      },
      status: { containerStatuses: [{ name: 'c', image: 'r.io/b:latest', imageID: `r.io/b@${DIGEST}` }] },
    },
    pod('c', 'r.io/c:v1'),
    pod('d', 'no name of an image!'),
    pod('e', 'r.io/e:v1'),
  ]
  const names = await readKubernetes({ kubeconfig })
  expect(new Set(names)).toEqual(
    new Set([
      ...['r.io/a:v1', 'r.io/sidecar:v1', 'r.io/b', 'r.io/init:v1', 'r.io/debug:v1', 'r.io/b:latest'],
      ...[`r.io/b@${DIGEST}`, 'r.io/c:v1', 'r.io/e:v1'],
    ]),
  )
  expect(cluster.requests.filter((path) => path.startsWith('/api/v1/pods'))).toEqual([
    '/api/v1/pods?limit=500',
    '/api/v1/pods?continue=2&limit=500',
    '/api/v1/pods?continue=4&limit=500',
  ])
})

test('what makes pods counts, though it has none now', async () => {
  const kinds = ['deployments', 'statefulsets', 'daemonsets', 'replicasets']
  for (const kind of kinds) cluster.objects[`/apis/apps/v1/${kind}`] = [workload('w', `r.io/${kind}:v1`)]
  cluster.objects['/apis/batch/v1/jobs'] = [workload('j', 'r.io/jobs:v1')]
  cluster.objects['/apis/batch/v1/cronjobs'] = [
    { metadata: { name: 'c' }, spec: { jobTemplate: workload('', 'r.io/cronjobs:v1') } },
  ]
  const expected = [...kinds, 'jobs', 'cronjobs'].map((kind) => `r.io/${kind}:v1`)
  expect((await readKubernetes({ kubeconfig })).sort()).toEqual(expected.sort())
})

test('of some namespaces, only theirs is listed', async () => {
  cluster.objects['/api/v1/pods'] = [pod('x', 'r.io/x:v1')]
  cluster.objects['/api/v1/namespaces/shop/pods'] = [1, 2, 3].map((n) => pod(`p${n}`, `r.io/shop:v${n}`))
  cluster.objects['/apis/apps/v1/namespaces/bank/deployments'] = [workload('d', 'r.io/bank:v1')]
  const names = await readKubernetes({ kubeconfig, namespaces: ['shop', 'bank'] })
  expect(names).toEqual(['r.io/shop:v1', 'r.io/shop:v2', 'r.io/shop:v3', 'r.io/bank:v1'])
  expect(cluster.requests.every((path) => /\/namespaces\/(shop|bank)\//.test(path))).toBe(true)
})

test.each([
  ['/api/v1/pods', 403, 'pods: the API server answers 403'],
  ['/apis/batch/v1/cronjobs', 500, 'cronjobs: the API server answers 500'],
  ['/apis/apps/v1/replicasets', 0, 'replicasets: it took more than 3 s'],
])('if %s answers %i, the whole fails', async (path, status, message) => {
  cluster.objects['/api/v1/pods'] = [pod('a', 'r.io/a:v1')]
  cluster.failures[path] = status
  await expect(readKubernetes({ kubeconfig }, 3_000)).rejects.toThrow(message)
})

test('a page whose token is too old fails the whole', async () => {
  cluster.objects['/api/v1/pods'] = [1, 2, 3].map((n) => pod(`p${n}`, `r.io/a:v${n}`))
  cluster.failures['/api/v1/pods?continue=2&limit=500'] = 410
  await expect(readKubernetes({ kubeconfig })).rejects.toThrow('pods: the API server answers 410')
})

test('a context chooses the cluster; one that is not there, and a cluster that is away, fail', async () => {
  await expect(readKubernetes({ kubeconfig, context: 'other' })).rejects.toThrow(/^pods: .*ECONNREFUSED/)
  await expect(readKubernetes({ kubeconfig, context: 'none' })).rejects.toThrow(
    'the kubeconfig has no context "none"',
  )
  await expect(readKubernetes({ kubeconfig: join(folder, 'none') })).rejects.toThrow('ENOENT')
})
