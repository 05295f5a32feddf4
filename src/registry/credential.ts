import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isObject, type JsonObject } from './descriptor.ts'

/** A user and password, or an identity token for a token server. */
export type Credential =
  | { kind: 'password'; username: string; password: string }
  | { kind: 'identity'; token: string }

const HUB = 'index.docker.io'
const HUB_HOSTS = ['docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']

/**
 * The credential that `docker login` left for `host` in `$DOCKER_CONFIG/config.json`: from the helper of this host
 * (`credHelpers`), else from the common helper (`credsStore`), else from `auths`. Do not keep it: a helper's credential
 * may expire within hours.
 * @throws Error that quotes neither the file nor a helper's output
 */
export async function findCredential(host: string): Promise<Credential | undefined> {
  const config = await readConfig(
    join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json'),
  )
  const helper = entryOf(config.credHelpers, host) ?? config.credsStore
  const fromHelper = typeof helper === 'string' && helper !== '' ? await askHelper(helper, host) : undefined
  return fromHelper ?? readAuth(entryOf(config.auths, host))
}

async function readConfig(file: string): Promise<JsonObject> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '{}'
    throw error
  })
  const config = parse(text)
  if (config === undefined) throw new Error(`${file} is not a JSON object`)
  return config
}

/** The entry for `host`. Its key may be `host`, `https://host` or `https://host/v1/`. */
function entryOf(entries: unknown, host: string): unknown {
  if (!isObject(entries)) return undefined
  return Object.entries(entries).find(([address]) => hostOf(address) === hostOf(host))?.[1]
}

function hostOf(address: string): string {
  const host = address.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return HUB_HOSTS.includes(host) ? HUB : host
}

function readAuth(entry: unknown): Credential | undefined {
  if (!isObject(entry)) return undefined
  const { identitytoken, auth } = entry
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { kind: 'identity', token: identitytoken }
  const text = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8') : ''
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  return { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Runs a helper (protocol of docker-credential-helpers): the address on stdin, `{Username, Secret}` on stdout. */
async function askHelper(helper: string, host: string): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`
  const address = hostOf(host) === HUB ? `https://${HUB}/v1/` : host
  const output = await new Promise<string | undefined>((resolve, reject) => {
    const child = execFile(program, ['get'], { timeout: 10_000 }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else if (/credentials not found/.test(stdout)) resolve(undefined)
      else reject(new Error(`${program} get failed (${error.code ?? error.signal})`))
    })
    child.stdin?.on('error', () => {}) // It may end before it reads its input.
    child.stdin?.end(address)
  })
  if (output === undefined) return undefined
  const { Username: username, Secret: secret } = parse(output) ?? {}
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw new Error(`${program} get returned no credential`)
  return username === '<token>'
    ? { kind: 'identity', token: secret }
    : { kind: 'password', username, password: secret }
}

/** Without an error for invalid JSON, since JSON.parse quotes its input, which holds secrets. */
function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
