import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { type Started, startProcess } from './process.ts'
import { eventually } from './tallyman.ts'

export interface LabRegistry {
  /** `http://127.0.0.1:port`, with `tls` and `prefix` as they say */
  readonly url: string
  /** `127.0.0.1:port`, as image names begin */
  readonly host: string
  readonly folder: string
  /** The folder of the filesystem driver: `docker/registry/v2/…` is below it. */
  readonly storage: string
  readonly process: Started
  /** Its `/debug/vars`. */
  readonly metricsUrl: string
  /** Resolves once every event that it has made so far was accepted; it needs `notify`. */
  untilDelivered(): Promise<void>
  close(): Promise<void>
}

/** Events that an endpoint does not get. */
export interface EventFilter {
  mediatypes?: string[]
  actions?: string[]
}

export interface LabRegistryOptions {
  /** Where to send notifications, with `Authorization: Bearer token`. */
  notify?: { url: string; token: string; includeReferences?: boolean; ignore?: EventFilter }
  folder?: string
  port?: number
  /** The storage driver's section instead of the filesystem driver's: YAML, indented by two spaces. */
  storage?: string
  /** Text of an htpasswd file (bcrypt only). It turns basic authentication on. */
  htpasswd?: string
  /** The port of `/debug/vars`; a free one by default. */
  debugPort?: number
  /** Files in PEM. It makes the URL https. With `clientCa`, clients need a certificate. */
  tls?: { cert: string; key: string; clientCa?: string }
  /** A path before `/v2/`, as `/registry/`. The URL has it, without the slash at its end. */
  prefix?: string
  /** True by default. */
  deleteEnabled?: boolean
  /** Whether it refuses writes. False by default. */
  readOnly?: boolean
  /** The blob-descriptor cache. Default: none. */
  cache?: 'inmemory'
  /** Further top-level YAML. */
  extra?: string
}

/** How often it is tried. A port that is free may be taken until the registry listens on it. */
const ATTEMPTS = 3

/** A real docker-registry (distribution 2.8) on a free loopback port. */
export async function startRegistry(options: LabRegistryOptions = {}): Promise<LabRegistry> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryRegistry(options)
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes('address already in use')) throw error
    }
  }
}

async function tryRegistry(options: LabRegistryOptions): Promise<LabRegistry> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'tallyman-registry-')))
  const port = options.port ?? (await freePort())
  const debugPort = options.debugPort ?? (await freePort())
  const storage = join(folder, 'storage')
  const config = join(folder, 'config.yml')
  if (options.htpasswd !== undefined) await writeFile(join(folder, 'htpasswd'), options.htpasswd)
  await writeFile(config, configYaml({ ...options, port, debugPort, folder, root: storage }))
  const scheme = options.tls === undefined ? 'http' : 'https'
  const url = `${scheme}://127.0.0.1:${port}${options.prefix?.replace(/\/$/, '') ?? ''}`
  // The s3 driver of 2.8 panics when AWS_CA_BUNDLE is set.
  const { AWS_CA_BUNDLE: _, ...env } = process.env
  const started = await startProcess({
    command: 'docker-registry',
    args: ['serve', config],
    logFile: join(folder, 'registry.log'),
    env,
    ready: async () => {
      if (options.tls !== undefined) return isListening(port)
      const answer = await fetch(`${url}/v2/`)
      await answer.body?.cancel()
      return answer.status === 200 || answer.status === 401
    },
  })
  return {
    url,
    host: `127.0.0.1:${port}`,
    folder,
    storage,
    process: started,
    metricsUrl: `http://127.0.0.1:${debugPort}/debug/vars`,
    async untilDelivered() {
      await eventually(
        () => pendingEvents(debugPort),
        (count) => count === 0,
      )
    },
    async close() {
      await started.stop('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whether a port takes connections. With TLS, a request would need certificates. */
const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })

/** How many events a registry has not delivered yet. It counts an event before it answers the request that caused it. */
async function pendingEvents(debugPort: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${debugPort}/debug/vars`)
  const { registry } = (await answer.json()) as DebugVars
  return registry.notifications.endpoints.reduce((sum, { Metrics }) => sum + Metrics.Pending, 0)
}

interface DebugVars {
  registry: { notifications: { endpoints: { Metrics: { Pending: number } }[] } }
}

function configYaml(
  o: LabRegistryOptions & { port: number; debugPort: number; folder: string; root: string },
): string {
  const notifications = o.notify
    ? `notifications:
  events:
    includereferences: ${o.notify.includeReferences ?? true}
  endpoints:
    - name: tallyman
      url: ${o.notify.url}
      headers: {Authorization: ["Bearer ${o.notify.token}"]}
      timeout: 1s
      threshold: 5
      backoff: 200ms
${o.notify.ignore ? `      ignore: ${JSON.stringify(o.notify.ignore)}\n` : ''}`
    : ''
  const auth = o.htpasswd ? `auth:\n  htpasswd: {realm: lab, path: ${join(o.folder, 'htpasswd')}}\n` : ''
  const tls = o.tls
    ? `, tls: {certificate: ${o.tls.cert}, key: ${o.tls.key}${o.tls.clientCa ? `, clientcas: [${o.tls.clientCa}]` : ''}}`
    : ''
  const prefix = o.prefix ? `, prefix: ${o.prefix}` : ''
  return `version: 0.1
log: {level: warn}
storage:
${o.storage ?? `  filesystem: {rootdirectory: ${o.root}}`}
  delete: {enabled: ${o.deleteEnabled ?? true}}
${o.cache === undefined ? '' : `  cache: {blobdescriptor: ${o.cache}}\n`}  maintenance: {uploadpurging: {enabled: false}${o.readOnly ? ', readonly: {enabled: true}' : ''}}
http: {addr: "127.0.0.1:${o.port}", debug: {addr: "127.0.0.1:${o.debugPort}"}${prefix}${tls}}
${notifications}${auth}${o.extra ?? ''}`
}
