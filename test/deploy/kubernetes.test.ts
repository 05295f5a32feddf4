import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { hasKustomize, type KubernetesObject, renderKustomization } from '../../lab/kustomize.ts'
import { outside, runProgram } from '../../lab/run-program.ts'
import { QUEUE_NAMES } from '../../src/queue/jobs.ts'
import { breaksRestricted, type Container, type PodSpec } from './pod-security.ts'
import { checkBySchema, withoutUnknownFields } from './valid-object.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const dockerfile = read('Dockerfile')
const SECRETS = '/run/secrets/tallyman'

interface Workload extends KubernetesObject {
  spec: { replicas: number; template: { metadata: { labels: Record<string, string> }; spec: PodSpec } }
}
const isWorkload = (object: KubernetesObject): object is Workload =>
  ['Deployment', 'StatefulSet'].includes(object.kind)
const isOurs = ({ spec }: Workload) => spec.template.metadata.labels['app.kubernetes.io/name'] === 'tallyman'
const containerOf = ({ spec }: Workload) => spec.template.spec.containers[0] as Tallyman
interface Tallyman extends Container {
  image: string
  command: string[]
  env?: { name: string; value: string }[]
  volumeMounts: { name: string; mountPath: string }[]
  ports: { name: string; containerPort: number }[]
}

/** The variables that the image sets. */
const imageEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
)

/** Every key and value that is anywhere in an object. */
function* entriesOf(value: unknown): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) return
  for (const entry of Object.entries(value)) {
    yield entry
    yield* entriesOf(entry[1])
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tallyman-kubernetes-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The whole output of `tallyman config check` for a rendered configuration, with a file for each secret. */
async function configCheck(objects: KubernetesObject[]): Promise<{ status: number | null; words: string }> {
  const config = objects.find(({ kind }) => kind === 'ConfigMap')?.data as Record<string, string>
  const text = config['tallyman.yaml'] ?? ''
  const names = [...text.matchAll(/\/run\/secrets\/tallyman\/(\S+)/g)].map(([, name = '']) => name)
  for (const name of names) {
    const url = { 'redis-url': 'redis://redis:6379', 'ops-webhook-url': 'https://hooks.example.com/1' }[name]
    writeFileSync(join(folder, name), url ?? `${name}-`.padEnd(32, 'x'))
  }
  const file = join(folder, 'tallyman.yaml')
  writeFileSync(file, text.replaceAll(SECRETS, folder))
  const env = { ...outside, ...imageEnvironment, TALLYMAN_CONFIG: file }
  const run = runProgram('src/cli/main.ts', ['config', 'check', file], env)
  return { status: await run.ended, words: run.output() + run.error() }
}

describe.skipIf(!hasKustomize)('kustomize', () => {
  const rendered = [
    'base',
    'overlays/try-out',
    'overlays/split-workers',
    'overlays/monitoring',
    'overlays/example',
  ]
  describe.each(rendered)('%s', (overlay) => {
    const objects = renderKustomization(join(root, 'deploy/kubernetes', overlay))
    const workloads = objects.filter(isWorkload)
    const ours = workloads.filter(isOurs)

    test('every object is as Kubernetes describes it, has no unknown field, and is in the namespace', () => {
      for (const object of objects) {
        checkBySchema(object)
        expect(withoutUnknownFields(object)).toEqual(object)
        const isClusterWide = /^(Namespace|ClusterRole.*)$/.test(object.kind)
        expect([object.kind, object.metadata.namespace]).toEqual([
          object.kind,
          isClusterWide ? undefined : 'tallyman',
        ])
      }
    })

    test('every pod meets the restricted Pod Security Standard, writes to no image, and has a limit of memory', () => {
      expect(ours.length).toBeGreaterThan(0)
      for (const workload of workloads) {
        const pod = workload.spec.template.spec
        expect(breaksRestricted(pod)).toEqual([])
        expect(pod.enableServiceLinks).toBe(false)
        for (const container of pod.containers)
          expect(container).toMatchObject({
            securityContext: { readOnlyRootFilesystem: true },
            resources: { requests: { cpu: expect.any(String) }, limits: { memory: expect.any(String) } },
          })
      }
    })

    test('what selects pods finds some, and the ports that it names are theirs', () => {
      const selectors = objects.flatMap(({ kind, spec }) => {
        const { selector, podSelector } = (spec ?? {}) as Record<string, Record<string, unknown> | undefined>
        return [selector, podSelector].flatMap((found) =>
          found === undefined ? [] : [[kind, found.matchLabels ?? found] as [string, Record<string, string>]],
        )
      })
      expect(selectors.length).toBeGreaterThan(3)
      const has = (labels: Record<string, string>, wanted: Record<string, string>) =>
        Object.entries(wanted).every(([key, value]) => labels[key] === value)
      for (const [kind, wanted] of selectors) {
        const found = workloads.filter(({ spec }) => has(spec.template.metadata.labels, wanted))
        expect([kind, wanted, found.length > 0]).toEqual([kind, wanted, true])
        // Two Deployments with one selector would fight for the same pods.
        if (kind === 'Deployment') expect([wanted, found.length]).toEqual([wanted, 1])
      }
      const ports = workloads.flatMap((workload) => containerOf(workload).ports.map(({ name }) => name))
      const named = objects
        .filter(({ kind }) => ['NetworkPolicy', 'Service', 'PodMonitor'].includes(kind))
        .flatMap((object) => [...entriesOf(object)])
        .filter(([key, value]) => ['port', 'targetPort'].includes(key) && typeof value === 'string')
      for (const [, name] of named) expect(ports).toContain(name)
    })

    test('every ConfigMap, claim and account that a pod uses is there', () => {
      const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      for (const { spec } of ours) {
        const used = [...entriesOf(spec.template.spec)].flatMap(([key, value]) => {
          const { name, claimName } = (value ?? {}) as { name?: string; claimName?: string }
          if (key === 'configMap') return [`ConfigMap ${name}`]
          if (key === 'persistentVolumeClaim') return [`PersistentVolumeClaim ${claimName}`]
          return key === 'serviceAccountName' ? [`ServiceAccount ${value}`] : []
        })
        expect(used.length).toBeGreaterThan(1)
        for (const name of used) expect(names).toContain(name)
      }
    })

    test('`config check` takes the configuration, and the document makes every secret that it names', async () => {
      const { status, words } = await configCheck(objects)
      expect([status, words]).toEqual([0, expect.stringContaining('is right')])
      const config = JSON.stringify(objects.find(({ kind }) => kind === 'ConfigMap'))
      const document = read('docs/kubernetes.md')
      for (const [, name] of config.matchAll(/\/run\/secrets\/tallyman\/([\w-]+)/g))
        expect(document).toMatch(new RegExp(`--from-(literal|file)=${name}=`))
    })

    test('programs, user, ports and folders are those of the image', () => {
      const { version } = JSON.parse(read('package.json'))
      const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
        files.split(' '),
      )
      for (const workload of ours) {
        const container = containerOf(workload)
        const pod = workload.spec.template.spec
        const [node, program = '', ...args] = container.command
        expect([node, copied.includes(program.split('/')[0] ?? '')]).toEqual(['node', true])
        expect(() => read(program)).not.toThrow()
        expect(container.image).toMatch(new RegExp(`^[\\w./-]+:${version}$`))
        const { runAsUser, runAsGroup } = pod.securityContext ?? {}
        expect(dockerfile).toContain(`USER ${runAsUser}:${runAsGroup}`)
        const isApi = program === 'src/main.ts'
        const environment = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]))
        const port = isApi
          ? Number(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1])
          : environment.TALLYMAN_WORKERS__PORT
        expect(container.ports).toEqual([{ name: 'http', containerPort: Number(port) }])
        const mounts = container.volumeMounts.map(({ mountPath }) => mountPath)
        for (const path of ['/data', '/tmp', SECRETS]) expect(mounts).toContain(path)
        expect(mounts.some((mount) => imageEnvironment.TALLYMAN_CONFIG === `${mount}/tallyman.yaml`)).toBe(
          true,
        )
        const paths = [...entriesOf(container)].filter(([key]) => key === 'httpGet').map(([, get]) => get)
        expect(paths).toEqual(['/livez', '/readyz', '/livez'].map((path) => ({ path, port: 'http' })))
        if (!isApi) for (const queue of args) expect(QUEUE_NAMES).toContain(queue)
      }
    })

    test('each queue has one workload that works it off, and a pod has the time to finish its jobs', () => {
      const queues = ours.flatMap((workload): readonly string[] => {
        const [, program, ...args] = containerOf(workload).command
        if (program === 'src/main.ts') return args.includes('--workers') ? QUEUE_NAMES : []
        return args.length === 0 ? QUEUE_NAMES : args
      })
      expect(queues.toSorted()).toEqual(QUEUE_NAMES.toSorted())
      const [, grace] = /GRACE_MS = (\d+)_000/.exec(read('src/start.ts')) ?? []
      for (const { spec } of ours)
        expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(grace) + 10)
    })
  })

  test('a change of the configuration renames its ConfigMap, so that the pods are replaced', () => {
    const nameIn = (overlay: string) =>
      renderKustomization(join(root, 'deploy/kubernetes', overlay)).find(({ kind }) => kind === 'ConfigMap')
        ?.metadata.name
    expect(nameIn('base')).toMatch(/^tallyman-config-\w{10}$/)
    expect(nameIn('overlays/try-out')).not.toBe(nameIn('base'))
  })
})

test('the check of the restricted level finds what breaks it', () => {
  const container = {
    ...{ name: 'a', ports: [{ containerPort: 1 }] },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
  const pod = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  }
  expect(breaksRestricted(pod)).toEqual([])
  expect(breaksRestricted({ containers: [{ name: 'a' }] })).toEqual(
    ['allowPrivilegeEscalation', 'runAsNonRoot', 'seccompProfile', 'capabilities.drop'].map(
      (rule) => `a: ${rule}`,
    ),
  )
  const own = {
    ...container.securityContext,
    runAsUser: 0,
    privileged: true,
    capabilities: { add: ['SYS_ADMIN'] },
  }
  const bad = { ...container, securityContext: own, ports: [{ containerPort: 1, hostPort: 1 }] }
  expect(breaksRestricted({ ...pod, containers: [container], initContainers: [bad] })).toHaveLength(5)
  expect(breaksRestricted({ ...pod, hostPID: true, volumes: [{ name: 'x', hostPath: {} }] })).toEqual([
    'hostPID',
    'volume x',
  ])
})

test('the checks of objects find wrong types, missing and unknown fields', () => {
  const service = {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } },
    spec: { ports: [{ port: 80 }], selector: { a: 'b' } },
  }
  checkBySchema(service)
  expect(withoutUnknownFields(service)).toEqual(service)
  expect(() => checkBySchema({ ...service, spec: { ports: [{ port: '80' }] } })).toThrow('ports/0/port')
  expect(() => checkBySchema({ ...service, spec: { ports: [{ name: 'a' }] } })).toThrow(
    'required property port',
  )
  expect(() => checkBySchema({ ...service, apiVersion: 'v3' })).toThrow('no schema')
  expect(withoutUnknownFields({ ...service, spec: { ...service.spec, selecter: {} } })).toEqual(service)
})
