import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { untilGone } from '../../lab/process-state.ts'
import { follow, outside, type Run } from '../../lab/run-program.ts'
import { eventually } from '../../lab/tallyman.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** The demo in a process group of its own, as at a terminal. Its temporary files are in `folder`. */
async function startDemo(...args: string[]): Promise<{ demo: Run; folder: string; pid: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-demo-test-'))
  const main = join(import.meta.dirname, '../../demo/main.ts')
  const env = { ...outside, TMPDIR: folder, FORCE_COLOR: undefined }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: 'pipe', detached: true })
  const demo = follow(child)
  closers.push(async () => {
    child.kill('SIGKILL')
    await demo.ended
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return { demo, folder, pid: child.pid ?? 0 }
}

const untilPrinted = (demo: Run, text: string | RegExp) =>
  eventually(
    async () => demo.output(),
    (output) => output.search(text) !== -1,
  )

/** Every process below `pid`. */
const descendants = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '')
    .flatMap((child) => [Number(child), ...descendants(Number(child))])

/** Until nothing that the demo started runs, and nothing that it wrote is there. */
async function untilNothingIsLeft(children: readonly number[], folder: string): Promise<void> {
  for (const child of children) await untilGone(child)
  await eventually(
    async () => readdirSync(folder),
    (files) => files.length === 0,
  )
}

const onLinux = test.skipIf(process.platform !== 'linux')

onLinux('the demo plays its story while somebody reads the chat; Ctrl-C then ends it quietly', async () => {
  const { demo, folder, pid } = await startDemo()
  await untilPrinted(demo, 'Teams push')
  const [, chat = ''] = /^.* chat +(http:\S+)$/m.exec(demo.output()) ?? []
  expect((await fetch(chat)).status).toBe(200)
  await untilPrinted(demo, 'Still running')
  expect(await (await fetch(chat)).text()).toMatch(/<li>.*shop\/web.*<\/li>/)
  expect(demo.output()).not.toContain('DID NOT HAPPEN')
  // Not a terminal: no colours.
  expect(demo.output()).not.toContain('\x1b')

  const before = demo.output()
  const children = descendants(pid)
  expect(children.length).toBeGreaterThanOrEqual(4)
  process.kill(-pid, 'SIGINT')
  // npm passes its own copy on.
  process.kill(pid, 'SIGINT')
  expect(await demo.ended).toBe(0)
  expect([demo.output().slice(before.length), demo.error()]).toEqual(['', ''])
  await untilNothingIsLeft(children, folder)
})

onLinux.each(['redis-server', 'tallyman  ', 'pushed'])(
  'Ctrl-C after the demo printed "%s" ends it quietly',
  async (text) => {
    const { demo, folder, pid } = await startDemo('--once')
    await untilPrinted(demo, text)
    const children = descendants(pid)
    expect(children.length).toBeGreaterThan(0)
    process.kill(-pid, 'SIGINT')
    expect(await demo.ended).toBe(130)
    expect([demo.output(), demo.error()]).toEqual([expect.not.stringContaining('failed'), ''])
    await untilNothingIsLeft(children, folder)
  },
)

onLinux('the demo ends, with all that it started, when nobody reads its output any more', async () => {
  const { demo, folder, pid } = await startDemo('--once')
  await untilPrinted(demo, 'docker-registry production')
  const children = descendants(pid)
  demo.child.stdout?.destroy()
  expect(await demo.ended).not.toBe(0)
  expect(demo.error()).toBe('')
  await untilNothingIsLeft(children, folder)
})

onLinux('what the demo started ends when the demo is killed', async () => {
  const { demo, folder, pid } = await startDemo('--once')
  await untilPrinted(demo, 'Teams push')
  const children = descendants(pid)
  expect(children.length).toBeGreaterThanOrEqual(4)
  demo.child.kill('SIGKILL')
  await demo.ended
  await untilNothingIsLeft(children, folder)
})
