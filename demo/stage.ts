import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atOurDeath } from '../lab/bound.ts'
import { freePort } from '../lab/ports.ts'
import { type Started, startProcess } from '../lab/process.ts'
import { startRedis } from '../lab/redis.ts'
import { type LabRegistry, startRegistry } from '../lab/registry.ts'
import { outside } from '../lab/run-program.ts'
import { loadConfig } from '../src/config/load.ts'
import { makeRegistryClient } from '../src/registry/client.ts'
import { type Chat, type Room, startChat } from './chat.ts'
import { type Collectable, HOOKS, startCollectable } from './collectable.ts'
import { makePast, type Past } from './past.ts'
import { makeSigner, type Signer } from './signing.ts'
import { pushTeams } from './teams.ts'

export interface Stage {
  ci: LabRegistry
  production: LabRegistry
  chat: Chat
  /** Signs releases. Tallyman has its public key. */
  signer: Signer
  past: Past
  tallyman: Started
  url: string
  readToken: string
  adminToken: string
  /** With which the registry `ci` delivers events. */
  webhookToken: string
  close(): Promise<void>
}

const CONFIG = join(import.meta.dirname, 'tallyman.yaml')

/**
 * Starts what the story needs: the chat in this process; Redis, two registries and Tallyman each in its own process.
 * @throws if one of them does not start, or once `signal` is aborted; then it has stopped those that ran
 */
export async function setStage(
  print: (line: string) => void,
  printChat: (room: Room, text: string) => void,
  signal: AbortSignal,
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-demo-'))
  // All temporary folders are in this one, also that of a push that was interrupted.
  process.env.TMPDIR = folder
  // Dying programs may still write for a moment.
  const will = atOurDeath('sleep 1; rm -rf "$1"', folder)
  const removeFolder = async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    will.revoke()
  }
  const closers: (() => Promise<unknown>)[] = [removeFolder]
  const close = async () => {
    for (const closer of closers.reverse().splice(0)) await closer()
  }
  try {
    const signer = makeSigner()
    const key = { TALLYMAN_PROMOTION__RULES__0__GATES__0__KEYS__0__PUBLIC_KEY: signer.publicKey }
    const config = await loadConfig(CONFIG, key)
    const { readToken, adminToken } = config.server
    const token = config.registries.ci?.token ?? ''
    const secret = config.alerts.channels.find((channel) => channel.type === 'webhook')?.secret ?? ''
    const url = `http://127.0.0.1:${await freePort()}`

    const redis = await startRedis({ args: ['--appendonly', 'yes'] })
    closers.push(redis.close)
    signal.throwIfAborted()
    print(`redis-server             ${redis.url}`)
    const past = makePast(redis.url, config.redis.prefix)
    closers.push(past.close)
    const ci = await startFilledRegistry({ url: `${url}/v1/events`, token })
    closers.push(ci.close)
    signal.throwIfAborted()
    print(`docker-registry ci       ${ci.url}, which notifies Tallyman`)
    const production = await startRegistry()
    closers.push(production.close)
    signal.throwIfAborted()
    print(`docker-registry production ${production.url}`)
    const chat = await startChat(secret, printChat)
    closers.push(chat.close)
    print(`chat                     ${chat.slackUrl}`)
    const tallyman = await startProcess({
      command: process.execPath,
      args: [join(import.meta.dirname, '../src/main.ts'), '--workers'],
      logFile: join(folder, 'tallyman.log'),
      env: {
        ...outside,
        ...key,
        TALLYMAN_CONFIG: CONFIG,
        REDIS_URL: redis.url,
        TALLYMAN_DATA_DIR: folder,
        TALLYMAN_SERVER__PORT: new URL(url).port,
        TALLYMAN_REGISTRIES__CI__URL: ci.url,
        TALLYMAN_REGISTRIES__CI__METRICS__URL: ci.metricsUrl,
        TALLYMAN_REGISTRIES__CI__STORAGE__PATH: ci.storage,
        ...hookUrls(ci.hooksUrl),
        TALLYMAN_REGISTRIES__PRODUCTION__URL: production.url,
        TALLYMAN_ALERTS__CHANNELS__0__URL: chat.slackUrl,
        TALLYMAN_ALERTS__CHANNELS__1__URL: chat.webhookUrl,
        TALLYMAN_ALERTS__CHANNELS__2__URL: chat.boardUrl,
      },
      ready: async () => (await fetch(`${url}/readyz`)).ok,
    })
    closers.push(() => tallyman.stop())
    signal.throwIfAborted()
    print(`tallyman                 ${url}`)
    return {
      ci,
      production,
      chat,
      signer,
      past,
      tallyman,
      url,
      readToken,
      adminToken,
      webhookToken: token,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The environment that says where the hooks of `ci` are: `READ_ONLY_ON` is `readOnlyOn`. */
const hookUrls = (url: string): Record<string, string> =>
  Object.fromEntries(
    HOOKS.map((hook) => [
      `TALLYMAN_REGISTRIES__CI__GC__HOOKS__${hook.replace(/[A-Z]/g, '_$&').toUpperCase()}__URL`,
      `${url}/${hook}`,
    ]),
  )

/** A registry that held the images of many teams before it was told to notify somebody. */
async function startFilledRegistry(notify: { url: string; token: string }): Promise<Collectable> {
  const before = await startRegistry()
  const client = makeRegistryClient({ name: 'ci', url: before.url })
  try {
    await pushTeams(client)
    await before.process.stop('SIGKILL')
    return await startCollectable({ folder: before.folder, notify })
  } catch (error) {
    await before.close()
    throw error
  } finally {
    await client.close()
  }
}
