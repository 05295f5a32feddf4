import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePorts } from '../../lab/ports.ts'
import { type Started, startProcess } from '../../lab/process.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { outside } from '../../lab/run-program.ts'
import { eventually } from '../../lab/tallyman.ts'
import { loadConfig } from '../../src/config/load.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

/** What a newcomer does: `init` beside a real registry, a start, the section into the registry's configuration, a push. */
const run = promisify(execFile)
const main = join(import.meta.dirname, '../../src/cli/main.ts')
const credentials = { username: 'alice', password: 'pw' }
const htpasswd = 'alice:$2b$05$f7WCXQb1o08uoyQlAvN9n./H/7Dy/qv6z0F/xBuijWlTGtAp.xKPq\n'
let folder: string
let registry: LabRegistry
let service: Started | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-newcomer-'))
})
afterAll(async () => {
  await service?.stop('SIGTERM')
  await registry?.close()
  await rm(folder, { recursive: true, force: true })
})

/** A command in the newcomer's folder, in which nothing else is configured. */
const tallyman = (...argv: string[]) => run(process.execPath, [main, ...argv], { cwd: folder, env: outside })

test('after init, a start and a push the project is there, and the doctor finds no error', async () => {
  const [port = 0, registryPort = 0] = await freePorts(2)
  registry = await startRegistry({ port: registryPort, htpasswd, folder: join(folder) })
  await writeFile(join(folder, 'password'), credentials.password)
  const { stdout, stderr } = await tallyman(
    ...['init', '--registry', registry.url, '--segments', '1', '--chat', 'none', '--quota', '1kB'],
    ...['--address', `http://127.0.0.1:${port}`, '--username', 'alice', '--password-file', 'password'],
  )
  expect(stderr).toContain('it is a registry like distribution (docker-registry), and wants a login')

  service = await startProcess({
    ...{ command: process.execPath, args: [main, 'start'], cwd: folder, env: outside },
    ...{ logFile: join(folder, 'service.log'), deathSignal: 'SIGTERM' },
    ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
  })
  // As printed, into the configuration of the registry.
  await registry.process.stop('SIGTERM')
  registry = await startRegistry({ port: registryPort, htpasswd, folder, extra: stdout })

  const client = makeRegistryClient({ name: 'ci', url: registry.url, credentials })
  await pushImage(client, 'team-a/app', 'v1', makeImage({ layers: [{ seed: 'a', bytes: 5_000 }] }))
  await client.close()
  const { server } = await loadConfig(join(folder, 'tallyman.yaml'), {})
  const flags = await eventually(
    async () => JSON.parse((await tallyman('flags', '--output', 'json')).stdout).flags,
    (found: unknown[]) => found.length > 0,
  )
  expect(flags).toMatchObject([{ id: 'ci/team-a', flag: 'over' }])

  const schema = await fetch(`http://127.0.0.1:${port}/schema/tallyman.json`)
  expect(schema.status).toBe(200)
  const modeline = (await readFile(join(folder, 'tallyman.yaml'), 'utf8')).split('\n')[0]
  expect(modeline).toBe(`# yaml-language-server: $schema=${server.publicUrl}/schema/tallyman.json`)
  const told = await eventually(
    async () => JSON.parse((await tallyman('doctor', '--output', 'json')).stdout),
    ({ ok }) => ok,
  )
  const wrong = told.findings.filter(({ level }: { level: string }) => level === 'error')
  expect(wrong).toEqual([])
})
