import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { boundToUs } from '../../lab/bound.ts'
import { stateOf, untilGone } from '../../lab/process-state.ts'
import { eventually } from '../../lab/tallyman.ts'

const closers: (() => unknown)[] = []
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
})

const lab = (file: string) => new URL(`../../lab/${file}`, import.meta.url).href

/** Runs code that prints the pid of a process that it started and the folder of that process. Does not end by itself. */
async function starting(code: string): Promise<{ parent: ChildProcess; pid: number; folder: string }> {
  const script = `${code}; setInterval(() => {}, 60_000)`
  const parent = spawn(...boundToUs(process.execPath, ['--input-type=module', '--eval', script]), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  closers.push(() => parent.kill('SIGKILL'))
  const [line] = await once(createInterface(parent.stdout), 'line')
  const [pid, folder] = String(line).split(' ')
  closers.push(() => rmSync(folder ?? '', { recursive: true, force: true }))
  return { parent, pid: Number(pid), folder: folder ?? '' }
}

const REDIS = `
  const { startRedis } = await import('${lab('redis.ts')}')
  const server = await startRedis()
  console.log(server.process.pid, server.folder)`

test.skipIf(process.platform !== 'linux').each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'a redis-server of the lab ends when the process that started it gets %s',
  async (signal) => {
    const { parent, pid } = await starting(REDIS)
    expect(stateOf(pid)).not.toBe('none')
    parent.kill(signal)
    await untilGone(pid)
  },
)

test.skipIf(process.platform !== 'linux')('a frozen redis-server of the lab ends, too', async () => {
  const { parent, pid } = await starting(REDIS)
  process.kill(pid, 'SIGSTOP')
  await eventually(
    async () => stateOf(pid),
    (state) => state === 'T',
  )
  parent.kill('SIGKILL')
  await untilGone(pid)
})

test.skipIf(process.platform !== 'linux').each([
  [
    'a service of the lab',
    `const { makeService } = await import('${lab('service.ts')}')
    const service = await makeService()
    const api = await service.startApi()
    console.log(api.pid, service.folder)`,
  ],
  [
    'a program',
    `const { makeService } = await import('${lab('service.ts')}')
    const { outside, runProgram } = await import('${lab('run-program.ts')}')
    const { folder, url } = await makeService()
    const { child } = runProgram('src/main.ts', [], { ...outside, TALLYMAN_CONFIG: folder + '/tallyman.yaml' })
    while (!(await fetch(url + '/readyz').catch(() => undefined))?.ok);
    console.log(child.pid, folder)`,
  ],
])('%s ends with its own redis-server', async (_what, code) => {
  const { parent, pid, folder } = await starting(code)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  expect(children).toHaveLength(1)
  expect(readFileSync(`/proc/${children[0]}/cmdline`, 'utf8')).toContain('redis-server')
  expect(folder).not.toBe('')
  parent.kill('SIGKILL')
  for (const one of [pid, ...children]) await untilGone(Number(one))
})

test.skipIf(process.platform !== 'linux')('a registry that hooks have started again ends', async () => {
  const { parent, pid } = await starting(`
    const { readFileSync } = await import('node:fs')
    const { startHookedRegistry } = await import('${lab('hooked-registry.ts')}')
    const { folder } = await startHookedRegistry()
    console.log(readFileSync(folder + '/pid', 'utf8').trim(), folder)`)
  expect(stateOf(pid)).not.toBe('none')
  parent.kill('SIGKILL')
  await untilGone(pid)
})
