import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../lab/ports.ts'
import { type Started, startProcess } from '../lab/process.ts'
import { startRedis } from '../lab/redis.ts'
import { type LabRegistry, startRegistry } from '../lab/registry.ts'
import { loadConfig } from '../src/config/load.ts'
import { type Chat, startChat } from './chat.ts'

export interface Stage {
  ci: LabRegistry
  production: LabRegistry
  chat: Chat
  tallyman: Started
  url: string
  readToken: string
  adminToken: string
  close(): Promise<void>
}

const CONFIG = join(import.meta.dirname, 'tallyman.yaml')

/** Starts what the story needs: the chat in this process; Redis, two registries and Tallyman each in its own process. */
export async function setStage(
  print: (line: string) => void,
  printChat: (line: string) => void,
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-demo-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const close = async () => {
    for (const closer of closers.reverse().splice(0)) await closer()
  }
  try {
    const config = await loadConfig(CONFIG, {})
    const { readToken, adminToken } = config.server
    const token = config.registries.ci?.token ?? ''
    const secret = config.alerts.channels.find((channel) => channel.type === 'webhook')?.secret ?? ''
    const url = `http://127.0.0.1:${await freePort()}`

    const redis = await startRedis({ args: ['--appendonly', 'yes'] })
    closers.push(redis.close)
    print(`redis-server             ${redis.url}`)
    const ci = await startRegistry({ notify: { url: `${url}/v1/events`, token } })
    closers.push(ci.close)
    print(`docker-registry ci       ${ci.url}, which notifies Tallyman`)
    const production = await startRegistry()
    closers.push(production.close)
    print(`docker-registry production ${production.url}`)
    const chat = await startChat(secret, printChat)
    closers.push(chat.close)
    print(`chat                     ${chat.slackUrl}`)
    const tallyman = await startProcess({
      command: process.execPath,
      args: [join(import.meta.dirname, '../src/main.ts'), '--workers'],
      logFile: join(folder, 'tallyman.log'),
      env: {
        ...process.env,
        TALLYMAN_CONFIG: CONFIG,
        REDIS_URL: redis.url,
        TALLYMAN_DATA_DIR: folder,
        TALLYMAN_SERVER__PORT: new URL(url).port,
        TALLYMAN_REGISTRIES__CI__URL: ci.url,
        TALLYMAN_REGISTRIES__PRODUCTION__URL: production.url,
        TALLYMAN_ALERTS__CHANNELS__0__URL: chat.slackUrl,
        TALLYMAN_ALERTS__CHANNELS__1__URL: chat.webhookUrl,
      },
      ready: async () => (await fetch(`${url}/readyz`)).ok,
    })
    closers.push(() => tallyman.stop())
    print(`tallyman                 ${url}`)
    return { ci, production, chat, tallyman, url, readToken, adminToken, close }
  } catch (error) {
    await close()
    throw error
  }
}
